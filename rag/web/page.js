// Runs inside Gradio's HTML component of the pane: `element`, `trigger`, `props`, `server`,
// `upload`, `watch`. Everything on the page that Gradio's own components do not do is done here.
// HTML comes from the server, where it was escaped; what this script puts in is text.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const later = (ms) => new Promise((done) => setTimeout(done, ms));
const body = document.body;
const phone = matchMedia('(max-width: 900px)');
let words = {};
let asked = []; // documents that alone are asked
let turn = ''; // whose sources the pane shows; empty: the last
let cited = ''; // number of the citation that is open

const make = (tag, attributes, text = '') => {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.textContent = text;
  return made;
};
const tip = make('div', { id: 'tip', role: 'tooltip', hidden: '' });
const heard = make('div', { id: 'heard', role: 'status', 'aria-live': 'polite' });
const told = make('div', { id: 'told', role: 'alert' });
const veil = make('div', { id: 'veil' });
const apart = make('div', { id: 'apart', role: 'alert' });
const drop = make('div', { id: 'drop', 'aria-hidden': 'true' });
const files = make('input', { type: 'file', multiple: '', id: 'pick-files', hidden: '', tabindex: '-1' });
const folder = make('input', { type: 'file', multiple: '', webkitdirectory: '', id: 'pick-folder', hidden: '', tabindex: '-1' });
document.querySelectorAll('#tip, #heard, #told, #veil, #apart, #drop, #pick-files, #pick-folder').forEach((e) => e.remove());
body.append(tip, heard, told, veil, apart, drop, files, folder);

const say = (text) => { heard.textContent = text; };
const tell = (text) => {
  told.textContent = text;
  told.classList.add('shown');
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { told.classList.remove('shown'); told.textContent = ''; }, 6000);
};
class Told extends Error {} // what the reader has been told already
const call = async (name, values) => {
  const answer = await server[name](values);
  if (!answer) throw new Told('unreachable');
  if (answer.error) { tell(answer.error); throw new Told(answer.error); }
  return answer.value;
};
window.addEventListener('unhandledrejection', (event) => { if (event.reason instanceof Told) event.preventDefault(); });

// --- when the server cannot be reached, or the session has ended: said as long as it is so

const parted = (why) => {
  body.classList.toggle('apart', Boolean(why));
  if (apart.dataset.why === why) return;
  apart.dataset.why = why;
  apart.replaceChildren(words[why] || '');
  if (why === 'session.ended') apart.append(' ', make('a', { href: '/login?to=/' }, words['session.again']));
};
const fetched = window.fetch.original || window.fetch;
window.fetch = async (...given) => {
  try {
    const response = await fetched(...given);
    parted(response.status === 401 ? 'session.ended' : '');
    return response;
  } catch (error) {
    if (error.name !== 'AbortError') parted('unreachable');
    throw error;
  }
};
window.fetch.original = fetched;
// Gradio reloads the page when the server is back, and a log-in leads back to it: what was being
// written is kept for that, in this tab alone.
const DRAFT = 'youju-draft';
window.addEventListener('pagehide', () => {
  const draft = $('#question textarea')?.value;
  if (draft) sessionStorage.setItem(DRAFT, draft);
});
const resume = () => {
  const box = $('#question textarea');
  const draft = sessionStorage.getItem(DRAFT);
  sessionStorage.removeItem(DRAFT);
  if (!box || !draft || box.value) return;
  box.value = draft;
  box.dispatchEvent(new Event('input', { bubbles: true }));
};
const conversation = () => $('#history .conversation')?.dataset.id || '';
const articles = () => $$('#history .turn');
const article = () => articles().find((of) => of.dataset.turn === turn) || articles().at(-1);
const turnOf = (inside) => inside.closest('.turn').dataset.turn;

// --- the pane: sources, a document at its sentence, the library

const show = async (html) => {
  props.value = html;
  await later(40); // the component renders after this returns
};
const flash = () => {
  const marks = $$('mark.cited', element);
  marks.forEach((mark) => mark.classList.add('flash'));
  const at = marks[0] || $('.notice', element);
  if (at) at.scrollIntoView({ block: 'center', behavior: 'instant' });
};
const chips = () => {
  const seen = new Set();
  return $$('a.chip', article() || document.createElement('i')).filter((chip) => {
    const fresh = !seen.has(chip.dataset.n);
    seen.add(chip.dataset.n);
    return fresh;
  });
};
// What lies over the rest holds the focus: the rest is inert meanwhile.
const LAYERS = { 'drawer-open': '#drawer', 'rail-open': '#rail', 'pane-open': '#pane' };
const layer = (name = '') => {
  body.classList.remove(...Object.keys(LAYERS));
  if (name) body.classList.add(name);
  ['#rail', '#main', '#pane', '#drawer'].forEach((id) => {
    const over = name ? LAYERS[name] === id : id !== '#drawer';
    $(id)?.toggleAttribute('inert', !over);
  });
};
const showPane = () => {
  if (!phone.matches || body.classList.contains('pane-open')) return;
  layer('pane-open');
  $('[data-act=pane-close]', element)?.focus();
};
const open = async (link, whole = false) => {
  hideTip();
  if (link.closest('#history .turn')) turn = turnOf(link);
  const number = link.classList.contains('chip') ? link.dataset.n : link.dataset.open || '';
  if (!link.classList.contains('whole')) cited = number;
  const quote = link.dataset.quote || open.quote || '';
  const origin = link.dataset.from || (link.classList.contains('whole') ? open.origin : 'sources');
  Object.assign(open, { quote, origin });
  const link_ = link.getAttribute('href');
  await show(await call('source', { link: link_, quote, origin, whole }));
  $$('a.chip.open').forEach((chip) => chip.classList.remove('open'));
  $$(`a.chip[data-n="${cited}"]`, article() || element).forEach((chip) => chip.classList.add('open'));
  place();
  showPane();
  await later(20);
  flash();
};
const place = () => {
  const where = $('.cite-at', element);
  if (!where) return;
  const all = chips();
  const at = all.findIndex((chip) => chip.dataset.n === cited);
  const steps = $$('[data-act=previous], [data-act=next]', element);
  steps.forEach((step) => { step.hidden = at < 0 || all.length < 2; });
  where.textContent = at < 0 ? '' : where.dataset.words.replace('{n}', cited).replace('{all}', all.length);
};
const step = (by) => {
  const all = chips();
  if (!all.length) return;
  const at = all.findIndex((chip) => chip.dataset.n === cited);
  open(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length]);
};
const sources = async () => {
  cited = '';
  await show(await call('sources', { id: conversation(), turn: article()?.dataset.turn || '' }));
};
const library = async () => {
  await show(await call('shelf', { asked }));
  picked();
};
const picked = () => {
  const boxes = $$('.shelf input[type=checkbox]', element);
  const ask = $('.ask-these', element);
  if (ask) ask.hidden = !boxes.some((box) => box.checked) && !asked.length;
};
const inLibrary = () => Boolean($('#tab-library[aria-selected=true]', element)) && Boolean($('.shelf, .adding', element));

// --- the card that shows when a citation is hovered or has the focus

let hiding = 0;
const hideTip = () => { tip.hidden = true; $$('[aria-describedby=tip]').forEach((e) => e.removeAttribute('aria-describedby')); };
const showTip = (at) => {
  clearTimeout(hiding);
  const { quote = '', title = '', about = '' } = at.dataset;
  if (!quote && !title) return;
  tip.replaceChildren(
    make('b', {}, title), make('span', { class: 'about' }, about),
    make('q', at.matches('.why') ? { class: 'reason' } : {}, quote.length > 280 ? `${quote.slice(0, 280)}…` : quote),
  );
  tip.hidden = false;
  at.setAttribute('aria-describedby', 'tip');
  const box = at.getBoundingClientRect();
  // Over its own column, where that is wide enough: what stands beside it stays in sight.
  const column = at.closest('#main')?.getBoundingClientRect();
  const edge = column && column.width > tip.offsetWidth + 16 ? column.right : innerWidth;
  const left = Math.max(8, Math.min(box.left - 12, edge - tip.offsetWidth - 8));
  const room = innerHeight - box.bottom > tip.offsetHeight + 12;
  const above = !room && box.top > tip.offsetHeight + 12; // below, where it can: its sentence stays in sight
  tip.style.left = `${left}px`;
  tip.style.top = `${above ? box.top - tip.offsetHeight - 8 : box.bottom + 8}px`;
};
const hoverable = (target) => target.closest?.('a.chip, button.why, a.evidence');
document.addEventListener('mouseover', (event) => {
  const at = hoverable(event.target);
  if (at) showTip(at);
  else if (event.target.closest?.('#tip')) clearTimeout(hiding);
  else if (!tip.hidden) { clearTimeout(hiding); hiding = setTimeout(hideTip, 150); }
});
document.addEventListener('focusin', (event) => {
  const at = hoverable(event.target);
  if (at) showTip(at); else hideTip();
});

// --- what buttons do

const sure = (button, asks, act) => {
  if (button.classList.contains('sure')) return act();
  button.classList.add('sure');
  const said = button.getAttribute('aria-label');
  const label = make('span', { class: 'asks' }, asks);
  button.append(label);
  button.setAttribute('aria-label', asks);
  setTimeout(() => { button.classList.remove('sure'); label.remove(); button.setAttribute('aria-label', said); }, 4000);
};
const replaces = (n) => words[n === 1 ? 'act.replaces.one' : 'act.replaces']?.replace('{n}', n)
  || words['act.replaces'].replace('{n}', n);
const closeAll = () => {
  const any = Object.keys(LAYERS).some((name) => body.classList.contains(name));
  if (any) layer();
  return any;
};
const edit = (button) => {
  const question = button.closest('.question');
  const h2 = $('h2', question);
  const area = make('textarea', { 'aria-label': words['act.edit'], rows: '2' });
  area.value = h2.textContent;
  const save = make('button', { type: 'button', class: 'primary' }, words['act.save']);
  const cancel = make('button', { type: 'button' }, words['act.cancel']);
  const form = make('div', { class: 'editing' });
  const after = since(question).length - 1;
  if (after) form.append(area, make('p', { class: 'note' }, replaces(after)), cancel, save);
  else form.append(area, cancel, save);
  const leave = () => { form.remove(); question.classList.remove('open'); button.focus(); };
  const send = () => {
    if (area.value.trim()) again(area.value, since(question));
  };
  cancel.onclick = leave;
  save.onclick = send;
  area.onkeydown = (event) => {
    if (event.key === 'Escape') { event.stopPropagation(); leave(); }
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  };
  question.classList.add('open');
  question.append(form);
  area.focus();
};
// What is replaced is named: what another tab has asked meanwhile is not among it.
const since = (inside) => articles().slice(articles().indexOf(inside.closest('.turn'))).map((of) => of.dataset.turn);
const again = (question, replaces = [], quoting = false) => {
  turn = '';
  trigger('ask_again', { question, replaces, quoting });
};
const retry = (button, quoting) => {
  const replaced = since(button);
  const act = () => again($('h2', button.closest('.turn')).textContent, replaced, quoting);
  if (replaced.length > 1) sure(button, replaces(replaced.length - 1), act); else act();
};
const judge = async (button, verdict, reason) => {
  const of = button.closest('.turn');
  await call('judge', { id: conversation(), turn: turnOf(button), verdict, reason });
  $$('[data-act=good], [data-act=bad]', of).forEach((b) => b.setAttribute('aria-pressed', String(b.dataset.act === verdict)));
  $('.why-bad', of)?.remove();
  say(words['act.thanks']);
  tell(words['act.thanks']);
};
const askWhy = (button) => {
  const of = button.closest('.turn');
  if ($('.why-bad', of)) { $('.why-bad', of).remove(); return; }
  const form = make('fieldset', { class: 'why-bad' });
  form.append(make('legend', {}, words['act.reason']));
  ['wrong', 'source', 'missing', 'refusal', 'other'].forEach((reason, i) => {
    const label = make('label', {});
    const radio = make('input', { type: 'radio', name: 'why-bad', value: reason });
    radio.checked = i === 0;
    label.append(radio, words[`act.reason.${reason}`]);
    form.append(label);
  });
  const own = make('textarea', { rows: '2', maxlength: '1000', 'aria-label': words['act.reason.words'], placeholder: words['act.reason.words'] });
  const send = make('button', { type: 'button', class: 'primary' }, words['act.send']);
  send.onclick = () => judge(button, 'bad', [$('input:checked', form).value, own.value.trim()].filter(Boolean).join(': '));
  form.append(own, make('p', { class: 'note' }, words['feedback.notice']), send);
  button.closest('.acts').after(form);
  $('input', form).focus();
};
const copy = async (button) => {
  const text = await call('markdown', { id: conversation(), turn: turnOf(button) });
  if (navigator.clipboard && isSecureContext) await navigator.clipboard.writeText(text);
  else {
    const area = make('textarea', { 'aria-hidden': 'true' });
    area.value = text;
    body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  say(words['act.copied']);
  tell(words['act.copied']);
};
const save = async () => {
  const [name, html] = await call('exported', { id: conversation() });
  const link = make('a', { download: name, href: URL.createObjectURL(new Blob([html], { type: 'text/html' })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
const rename = (button) => {
  const row = button.closest('li');
  const talk = $('.talk', row);
  const input = make('input', { 'aria-label': words['conversations.title'], maxlength: '120' });
  input.value = talk.textContent;
  let over = false;
  const end = async (keep) => {
    if (over) return;
    over = true;
    const title = input.value.trim();
    if (keep && title && title !== talk.textContent) {
      await call('rename', { id: row.dataset.id, title });
      talk.textContent = title;
      if (row.dataset.id === conversation()) $('#head h1').textContent = title;
    }
    input.replaceWith(talk);
    talk.focus();
  };
  input.onkeydown = (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter') end(true);
    if (event.key === 'Escape') { event.stopPropagation(); end(false); }
  };
  input.onblur = () => end(true);
  talk.replaceWith(input);
  input.select();
};
const search = async () => {
  const list = await call('talks', { words: $('#rail input[type=search]').value, id: conversation() });
  $('#rail .talks').innerHTML = list;
};
const openTalk = (id) => {
  turn = '';
  cited = '';
  closeAll();
  trigger('open_talk', { id });
  $('#question textarea')?.focus();
};
const acts = {
  menu: () => { layer('rail-open'); $('#rail [data-act=menu-close]')?.focus(); },
  'menu-close': closeAll,
  'pane-close': closeAll,
  'settings-close': closeAll,
  sources: () => { if (phone.matches) showPane(); else element.querySelector('#pane-body')?.focus(); },
  new: () => openTalk(''),
  open: (button) => openTalk(button.closest('li').dataset.id),
  rename,
  delete: (button) => sure(button, words['conversations.delete.sure'], async () => {
    const { id } = button.closest('li').dataset;
    await call('delete', { id });
    if (id === conversation()) openTalk(''); else search();
  }),
  library: async () => { closeAll(); await library(); showPane(); },
  settings: () => {
    trigger('open_settings');
    layer('drawer-open');
    setTimeout(() => $('#drawer [data-act=settings-close]')?.focus(), 150);
  },
  export: save,
  'tab-sources': sources,
  'tab-library': library,
  back: (button) => (button.dataset.to === 'library' ? library() : sources()),
  previous: () => step(-1),
  next: () => step(1),
  edit,
  retry: (button) => retry(button, false),
  quote: (button) => retry(button, true),
  copy,
  good: (button) => judge(button, 'good', ''),
  bad: askWhy,
  why: showTip,
  stop: () => trigger('halt_answer'),
  example: (button) => again($('.q', button).textContent),
  'add-files': () => files.click(),
  'add-folder': () => folder.click(),
  'ask-these': () => {
    asked = $$('.shelf input:checked', element).map((box) => box.dataset.id);
    trigger('choose_documents', { ids: asked });
    $('#question textarea')?.focus();
    closeAll();
  },
  remove: (button) => sure(button, words['library.remove.sure'], async () => {
    await call('remove', { id: button.dataset.id });
    trigger('library_changed');
    await library();
    if ($('.welcome')) trigger('holdings_changed');
  }),
  'reindex-all': () => trigger('reindex', { id: '' }),
  reindex: (button) => trigger('reindex', { id: button.dataset.id }),
  dismiss: () => trigger('dismiss_job'),
};
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="#cite="]');
  if (link) {
    event.preventDefault();
    open(link, link.dataset.whole === '1');
    return;
  }
  if (event.target === veil) { closeAll(); return; }
  const button = event.target.closest?.('button[data-act]');
  if (button && acts[button.dataset.act]) acts[button.dataset.act](button);
});
document.addEventListener('input', (event) => {
  const act = event.target.dataset?.act;
  if (act === 'search') { clearTimeout(search.timer); search.timer = setTimeout(search, 200); }
  if (act === 'pick') picked();
  if (act === 'filter-library') {
    const wanted = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    $$('.shelf > li', element).forEach((row) => { row.hidden = !wanted.every((w) => row.dataset.words.includes(w)); });
  }
});

// --- keys; Enter belongs to the input method as long as it composes

window.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
}, true);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    if (!tip.hidden) hideTip();
    else if (closeAll()) return;
    else if ($('#live .turn')) trigger('halt_answer');
    else if (event.target.matches?.('#question textarea')) $('#pane-body', element)?.focus(); // j and k work from there
    return;
  }
  if (event.altKey && !event.isComposing && /^Arrow(Up|Down)$/.test(event.key)) {
    event.preventDefault();
    step(event.key === 'ArrowDown' ? 1 : -1);
    return;
  }
  const typing = event.target.closest?.('input, textarea, select, [contenteditable=true]');
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
  else if (event.key === '/') { event.preventDefault(); $('#question textarea')?.focus(); }
  else if (event.target.getAttribute?.('role') === 'tab' && /^Arrow(Left|Right)$/.test(event.key)) {
    const other = $$('[role=tab]', element).find((tab) => tab !== event.target);
    const { id } = other;
    acts[other.dataset.act](other).then(() => document.getElementById(id)?.focus());
  }
});

// --- files: dropped anywhere, or chosen

const within = async (entry, path = '') => {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    return [[path + file.name, file]];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a folder is read a hundred entries at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) break;
    for (const inner of some) found.push(...await within(inner, `${path}${entry.name}/`));
  }
  return found;
};
const add = async (named) => {
  if (!named.length) return;
  const sent = [];
  for (const [i, [name, file]] of named.entries()) {
    tell(words['add.uploading'].replace('{n}', i + 1).replace('{all}', named.length));
    try {
      const { path } = await upload(file);
      sent.push({ name, path });
    } catch (error) {
      tell(`${name}: ${words['add.too_large']}`);
      await later(1500);
    }
  }
  told.classList.remove('shown');
  if (sent.length) trigger('add_files', { files: sent });
};
[files, folder].forEach((input) => {
  input.onchange = () => {
    add([...input.files].map((file) => [file.webkitRelativePath || file.name, file]));
    input.value = '';
  };
});
const carriesFiles = (event) => words.may_edit && [...(event.dataTransfer?.types || [])].includes('Files');
['dragenter', 'dragover'].forEach((name) => window.addEventListener(name, (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  drop.textContent = words['add.drop'];
  body.classList.add('dropping');
}, true));
window.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) body.classList.remove('dropping');
}, true);
window.addEventListener('drop', async (event) => {
  body.classList.remove('dropping');
  if (!carriesFiles(event)) return;
  event.preventDefault();
  event.stopPropagation();
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...event.dataTransfer.files].map((file) => [file.name, file]);
  const found = entries.length ? (await Promise.all(entries.map((entry) => within(entry)))).flat() : plain;
  add(found);
}, true);

// --- what changes on the page by itself

let stage = '';
let running = ''; // the turn that is being answered
let asked_at = 0;
let talking = '';
const tick = () => {
  const clock = $('#live .now .clock');
  const seconds = Math.floor((performance.now() - asked_at) / 1000);
  const text = seconds > 0 ? (words.seconds || '{n}').replace('{n}', seconds) : '';
  if (clock && clock.textContent !== text) clock.textContent = text; // a change is watched, too
};
const seen = {};
const watched = (id, act) => { seen[id] = act; };
// Gradio may put another element in a component's place: what is watched is the page.
new MutationObserver((changes) => {
  const changed = new Set(changes.map(({ target }) => (target.closest ? target : target.parentElement)
    ?.closest('#live, #history, #jobs')?.id));
  changed.forEach((id) => seen[id]?.());
}).observe(body, { childList: true, subtree: true, characterData: true });
const bottom = () => { const talk = $('#talk'); talk.scrollTop = talk.scrollHeight; };
let atEnd = true; // who reads further up is left there
document.addEventListener('scroll', ({ target: at }) => {
  if (at.id === 'talk') atEnd = at.scrollHeight - at.scrollTop - at.clientHeight < 160;
}, true);
watched('live', () => {
  const now = $('#live .now');
  if (!now) { stage = ''; running = ''; return; }
  if (turnOf(now) !== running) {
    running = turnOf(now);
    asked_at = performance.now() - 1000 * $('.clock', now).dataset.waited;
    bottom();
  }
  if (now.dataset.stage !== stage) {
    stage = now.dataset.stage;
    say(now.textContent);
  }
  tick();
  if (atEnd) bottom();
});
watched('history', () => {
  const id = conversation();
  const last = articles().at(-1);
  if (talking !== id) { talking = id; turn = ''; cited = ''; bottom(); }
  if (last && !$('#live .turn')) {
    turn = '';
    const badge = $('.badge', last);
    say(badge ? badge.textContent : words['stage.done']);
    last.scrollIntoView({ block: 'nearest' });
  }
});
watched('jobs', () => {
  const job = $('#jobs .job.done');
  if (!job || job.dataset.seen) return;
  job.dataset.seen = '1';
  trigger('library_changed');
  if (inLibrary()) library();
  if ($('.welcome')) trigger('holdings_changed');
});
setInterval(tick, 500);
// What another tab has asked in this conversation is shown to who comes back to this one.
const back = () => { if (!document.hidden) trigger('seen_again'); };
document.addEventListener('visibilitychange', back);
window.addEventListener('focus', back);
watch('value', () => setTimeout(place, 40));

const label = (id, role, key) => {
  const at = document.getElementById(id);
  if (!at) return;
  at.setAttribute('role', role);
  at.setAttribute('aria-label', words[key]);
};
call('words', {}).then((table) => {
  words = table;
  document.documentElement.lang = words.language;
  label('rail', 'navigation', 'menu');
  label('pane', 'complementary', 'sources');
  label('drawer', 'dialog', 'settings');
  label('dock', 'region', 'ask.label');
  layer();
  resume();
});
window.youju = {
  speak: (language) => {
    document.cookie = `youju_language=${language}; path=/; max-age=31536000; SameSite=Strict`;
    location.reload();
    return language;
  },
};
