
'use strict';
{
  const effect = document.getElementById('effect'), message = document.getElementById('message'), dialog = document.getElementById('more');
  const cards = new Map([...document.querySelectorAll('.card')].map(card => [Number(card.dataset.index), card]));
  const tools = card => card.querySelector('.tools').dataset;

  const say = text => {
    message.textContent = text;
    message.hidden = !text;
  };
  const text = async address => (await fetch(address)).text();
  const show = async () => { effect.innerHTML = await text('/effect'); };

  /* The cards follow the answer; a prototype that was away when the page was made needs the page anew. */
  const follow = async prototypes => {
    const kept = new Map(prototypes.map(one => [one.index, one]));
    if (prototypes.some(one => !cards.has(one.index))) return location.reload();
    const weights = document.createElement('template');
    weights.innerHTML = await text('/weights');
    for (const list of weights.content.querySelectorAll('.weights')) {
      const card = cards.get(Number(list.dataset.index));
      card.dataset.weight = list.querySelector('data.weight').value;
      card.querySelector('.weights').replaceWith(list);
    }
    for (const [index, card] of cards) {
      const one = kept.get(index);
      card.classList.toggle('gone', !one);
      card.classList.remove('leaving');
      if (!one) continue;
      const title = one.words ? one.words + ' (' + one.name + ')' : one.name;
      card.querySelector('h2').textContent = tools(card).title = title;
      tools(card).called = one.words ?? '';
      card.dataset.words = [title, index, tools(card).image].join(' ').toLowerCase();
    }
  };
  const send = async (address, edit) => {
    document.body.classList.add('working');
    try {
      const answer = await fetch(address, {
        method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: edit ? JSON.stringify(edit) : '',
      });
      const state = await answer.json();
      say(answer.ok ? '' : state.error);
      if (answer.ok) {
        await follow(state.prototypes);
        await show();
      }
    } catch {
      say('The server does not answer.');
    } finally {
      for (const card of cards.values()) card.classList.remove('leaving');
      document.body.classList.remove('working');
    }
  };
  /* One after the other, in the order in which they were asked for. */
  let last = Promise.resolve();
  const post = (address, edit) => last = last.then(() => send(address, edit));

  const strikeOut = card => {
    if (card.matches('.gone, .leaving')) return;
    card.classList.add('leaving');
    let next = card.nextElementSibling;
    while (next && (next.hidden || next.matches('.gone, .leaving'))) next = next.nextElementSibling;
    next?.querySelector('[data-edit]').focus();
    post('/edits', { edit: 'strikeOut', prototype: tools(card).name });
  };

  document.addEventListener('click', event => {
    const button = event.target.closest('[data-edit], [data-post]');
    if (!button) return;
    if (button.dataset.post) post(button.dataset.post);
    else if (button.dataset.edit === 'strikeOut') strikeOut(button.closest('.card'));
    else more(button.closest('.card'));
  });
  document.addEventListener('keydown', event => {
    if (event.target.matches('input, select') || dialog.open) return;
    const card = document.activeElement.closest('.card');
    if (event.ctrlKey || event.metaKey) {
      const address = { z: event.shiftKey ? '/edits/redo' : '/edits/undo', y: '/edits/redo' }[event.key.toLowerCase()];
      if (address) { event.preventDefault(); post(address); }
    } else if (card && event.key === 'x') strikeOut(card);
  });

  /* The dialog of one prototype: rename, merge, forbid. */
  const [rename, merge, forbid] = ['rename', 'merge', 'forbid'].map(id => document.getElementById(id));
  const region = document.getElementById('region'), picture = document.getElementById('region-photograph');
  const size = Number(dialog.dataset.size), sides = ['top', 'bottom', 'left', 'right'];
  let subject = null;

  const place = () => {
    const [top, bottom, left, right] = sides.map(side => Number(forbid[side].value));
    region.style.cssText = `top:${top}%;left:${left}%;height:${Math.max(0, bottom - top)}%;width:${Math.max(0, right - left)}%`;
  };
  const more = card => {
    subject = card;
    const { name, title, called, image, region: box } = tools(card);
    document.getElementById('more-title').textContent = title;
    rename.words.value = called ?? '';
    const others = [...cards.values()].filter(other => other !== card && other.dataset.class === card.dataset.class && !other.classList.contains('gone'));
    merge.into.replaceChildren(...others.map(other => new Option(tools(other).title, tools(other).name)));
    merge.hidden = others.length === 0;
    forbid.hidden = !image;
    if (image) {
      picture.src = '/prototypes/' + card.dataset.index + '/photograph';
      box.split(' ').forEach((pixels, i) => { forbid[sides[i]].value = +(100 * pixels / size).toFixed(1); });
      place();
    }
    dialog.returnValue = name;
    dialog.showModal();
  };
  const submit = (form, edit) => form.addEventListener('submit', event => {
    event.preventDefault();
    dialog.close();
    post('/edits', edit(tools(subject)));
  });
  submit(rename, ({ name }) => ({ edit: 'rename', prototype: name, words: rename.words.value.trim() || null }));
  submit(merge, ({ name }) => ({ edit: 'merge', prototype: name, into: merge.into.value }));
  submit(forbid, ({ image }) => ({
    edit: 'forbid', imageId: image,
    region: Object.fromEntries(sides.map((side, i) => [side, Math[i % 2 ? 'ceil' : 'floor'](forbid[side].value * size / 100)])),
  }));
  document.getElementById('close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => subject?.querySelector('[data-edit=more]').focus());
  for (const side of sides) forbid[side].addEventListener('input', place);

  const frame = picture.parentElement;
  let from = null;
  const at = event => {
    const box = frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map(share => 100 * Math.min(1, Math.max(0, share)));
  };
  frame.addEventListener('pointerdown', event => {
    from = at(event);
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  frame.addEventListener('pointermove', event => {
    if (!from) return;
    const [x, y] = at(event);
    const numbers = [Math.min(y, from[1]), Math.max(y, from[1]), Math.min(x, from[0]), Math.max(x, from[0])];
    sides.forEach((side, i) => { forbid[side].value = numbers[i].toFixed(1); });
    place();
  });
  frame.addEventListener('pointerup', () => { from = null; });

  const wait = async () => {
    const measured = () => effect.firstElementChild?.dataset.state !== 'measuring';
    if (measured()) return;
    try { await show(); } catch { /* the server may be away for a moment */ }
    if (measured() && !dialog.open) location.reload();
    else setTimeout(wait, 1000);
  };
  setTimeout(wait, 1000);
}
