
'use strict';
{
  const list = document.getElementById('prototypes'), cards = [...list.children];
  const [find, chosen, kind, order, count] = ['find', 'class', 'kind', 'order', 'count'].map(id => document.getElementById(id));

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(word => word);
    let shown = 0;
    for (const card of cards) {
      const fits = (!chosen.value || card.dataset.class === chosen.value)
        && (!kind.value || card.dataset.kinds.split(' ').includes(kind.value))
        && words.every(word => card.dataset.words.includes(word));
      card.hidden = !fits;
      if (fits) shown++;
    }
    count.textContent = shown === cards.length ? '' : shown + ' of ' + cards.length;
  };
  const sort = () => {
    const [, sign, key] = order.value.match(/(-?)(.*)/);
    const of = card => (sign ? -1 : 1) * Number(card.dataset[key]);
    list.append(...cards.toSorted((a, b) => of(a) - of(b) || a.dataset.index - b.dataset.index));
  };
  const all = () => {
    find.value = chosen.value = kind.value = '';
    filter();
  };
  /* A link to a hidden prototype shows it again. */
  const arrive = () => {
    const card = location.hash && document.getElementById(location.hash.slice(1));
    if (!card) return;
    if (card.hidden) all();
    card.scrollIntoView({ block: 'center' });
    card.focus({ preventScroll: true });
  };

  find.form.hidden = false;
  find.form.addEventListener('submit', event => event.preventDefault());
  find.addEventListener('input', filter);
  chosen.addEventListener('change', filter);
  kind.addEventListener('change', filter);
  order.addEventListener('change', sort);
  window.addEventListener('hashchange', arrive);
  document.addEventListener('keydown', event => {
    if (event.key === '/' && !event.target.matches('input, select')) { event.preventDefault(); find.focus(); }
    if (event.key === 'Escape') all();
  });
}
