// Runs inside Gradio's HTML component (the source pane): `element`, `props`, `server`, `watch`.
// A chip's link names document and characters; opening it asks the server for the document.
const open = async (link) => {
  const href = link.getAttribute('href');
  document.querySelectorAll('a.chip.open').forEach((a) => a.classList.remove('open'));
  link.classList.add('open');
  props.value = await server.open_source(href);
  setTimeout(show, 60); // `watch` is silent where the document is already the one shown
};
const show = () => {
  const mark = element.querySelector('mark.cited');
  const pane = element.closest('#source-pane') || element;
  if (!mark) { pane.scrollTop = 0; return; }
  element.querySelectorAll('mark.cited').forEach((m) => {
    m.classList.remove('flash');
    void m.offsetWidth; // restarts the animation
    m.classList.add('flash');
  });
  mark.scrollIntoView({ block: 'center' });
};
document.addEventListener('click', (event) => {
  const link = event.target.closest && event.target.closest('a[href^="#cite="], a[href="#corpus"]');
  if (!link) return;
  event.preventDefault();
  open(link);
});
watch('value', () => setTimeout(show, 30));
