
'use strict';
{
  const heat = document.getElementById('heat'), box = document.getElementById('box'), caption = document.getElementById('caption');
  const lines = [...document.querySelectorAll('.line')];
  let kept = null;

  const show = line => {
    for (const other of lines) other.classList.toggle('shown', other === line);
    heat.hidden = !line;
    box.hidden = !line || 'everywhere' in line.dataset;
    caption.textContent = caption.dataset.rest;
    if (!line) return;
    heat.src = line.querySelector('.map').src;
    box.style.cssText = line.dataset.place;
    caption.textContent = 'Where the photograph looks like ' + line.dataset.name + ': blue least, red most.';
  };

  for (const line of lines) {
    const button = line.querySelector('.part');
    line.addEventListener('pointerenter', event => { if (event.pointerType === 'mouse') show(line); });
    line.addEventListener('pointerleave', event => { if (event.pointerType === 'mouse') show(kept); });
    button.addEventListener('focus', () => { if (button.matches(':focus-visible')) show(line); });
    button.addEventListener('blur', () => show(kept));
    line.addEventListener('click', () => { kept = kept === line ? null : line; show(kept); });
  }
  document.addEventListener('keydown', event => { if (event.key === 'Escape') show(kept = null); });

  window.addEventListener('beforeprint', () => {
    for (const folded of document.querySelectorAll('.negligible')) folded.open = true;
  });

  const cases = [...document.querySelectorAll('.case')];
  if (cases.length > 1) {
    const list = document.createElement('div');
    list.setAttribute('role', 'tablist');
    list.setAttribute('aria-label', 'Classes');
    const tabs = cases.map(section => {
      const tab = document.createElement('button');
      tab.type = 'button';
      tab.textContent = section.dataset.title;
      tab.id = 'tab-' + section.id;
      tab.setAttribute('role', 'tab');
      tab.setAttribute('aria-controls', section.id);
      section.setAttribute('role', 'tabpanel');
      section.setAttribute('aria-labelledby', tab.id);
      list.append(tab);
      return tab;
    });
    const select = (chosen, focus) => {
      tabs.forEach((tab, i) => {
        tab.setAttribute('aria-selected', i === chosen);
        tab.tabIndex = i === chosen ? 0 : -1;
        cases[i].hidden = i !== chosen;
      });
      show(kept = null);
      if (focus) tabs[chosen].focus();
    };
    tabs.forEach((tab, i) => {
      tab.addEventListener('click', () => select(i, false));
      tab.addEventListener('keydown', event => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step) select((i + step + tabs.length) % tabs.length, true);
      });
    });
    cases[0].before(list);
    cases[0].parentElement.classList.add('tabbed');
    select(0, false);
    window.addEventListener('beforeprint', () => cases.forEach(section => { section.hidden = false; }));
    window.addEventListener('afterprint', () => select(0, false));
  }
}
