
'use strict';
{
  const form = document.querySelector('.upload');
  if (form) {
    const [chosen, taken] = form.querySelectorAll('input');
    const send = files => {
      const pictures = [...files].filter(file => file.type.startsWith('image/'));
      if (!pictures.length) return;
      const all = new DataTransfer();
      for (const picture of pictures) all.items.add(picture);
      chosen.files = all.files;
      taken.disabled = true;
      document.body.classList.add('working');
      form.submit();
    };
    chosen.addEventListener('change', () => send(chosen.files));
    taken.addEventListener('change', () => send(taken.files));
    document.addEventListener('paste', event => send(event.clipboardData.files));
    document.addEventListener('dragover', event => { event.preventDefault(); form.classList.add('over'); });
    document.addEventListener('dragleave', event => { if (!event.relatedTarget) form.classList.remove('over'); });
    document.addEventListener('drop', event => {
      event.preventDefault();
      form.classList.remove('over');
      send(event.dataTransfer.files);
    });
    /* A page that the browser kept comes back as it was left. */
    window.addEventListener('pageshow', () => {
      document.body.classList.remove('working');
      taken.disabled = false;
      form.reset();
    });
    form.classList.add('ready');
  }
  const tab = location.hash && document.getElementById('tab-' + location.hash.slice(1));
  if (tab) tab.click();
}
