
'use strict';
{
  const list = document.getElementById('prototypes'), cards = [...list.children];
  const find = document.getElementById('find'), chosen = document.getElementById('class'), order = document.getElementById('order');
  const count = document.getElementById('count');

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(word => word);
    let shown = 0;
    for (const card of cards) {
      const fits = (!chosen.value || card.dataset.class === chosen.value) && words.every(word => card.dataset.words.includes(word));
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

  find.form.hidden = false;
  find.form.addEventListener('submit', event => event.preventDefault());
  find.addEventListener('input', filter);
  chosen.addEventListener('change', filter);
  order.addEventListener('change', sort);
}
