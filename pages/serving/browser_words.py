"""What Streamlit's own page says in English, in the language of the user: it has no setting for it."""

from __future__ import annotations

import json

import streamlit as st

from pages.look.texts import t
from sim.files.yamltext import MAX_BYTES

SAID = {
    "Help": "browser_help", "Help for ": "browser_help_for", "Link to heading": "browser_heading",
    "Sidebar": "browser_menu", "Collapse sidebar": "browser_menu_close",
    "Expand sidebar": "browser_menu_open", "Copy to clipboard": "browser_copy",
    "Clear value": "browser_clear", "Remove ": "browser_remove",
    "Choose an option": "browser_choose", "Choose options": "browser_choose",
    "Choose or add an option": "browser_choose", "visualization": "browser_chart",
    "group mark container": "browser_chart_part", "title": "browser_title", "Title text ": "browser_title_of",
    "Open": "browser_open", "Clear all": "browser_clear_all", "Clear entry": "browser_clear",
    "Selectbox options": "browser_options", "Multiselect options": "browser_options",
    "Selected values": "browser_picked", "Select all": "browser_all", "Scrollable table": "browser_table",
    "Close": "browser_close", "Notifications": "browser_notes", "Main menu": "browser_main_menu",
    "Running...": "browser_busy", "Stop": "browser_stop", "Stopping...": "browser_stopping",
    "Connecting to Streamlit server": "browser_connecting", "file upload": "browser_upload",
    "Unable to connect to Streamlit server": "browser_unconnected",
}  # fmt: skip
"""What a screen reader hears or an empty field shows, and the key of the same in our words. What ends in a
space goes on with words of ours."""
SEEN = {
    "* files are not allowed.": "browser_kind", "File must be * or smaller.": "browser_too_large",
    "File size is too small.": "browser_too_small", "Only one file is allowed.": "browser_one_file",
    "Unexpected error. Please try again.": "browser_failed", "Error uploading file": "browser_failed",
    "Network error": "browser_failed", "Request timed out": "browser_failed",
    "Download failed": "browser_failed",
    "Connection lost. Please wait for the app to reconnect, then try again.": "browser_unconnected_help",
    "Connection error": "browser_unconnected", "Is Streamlit still running?*": "browser_unconnected_help",
    "Streamlit server is not responding.*": "browser_unconnected_help",
    "Connecting": "browser_connecting", "Stop": "browser_stop", "Stopping...": "browser_stopping",
    "Page not found": "browser_no_page", "You have requested page *": "browser_no_page_help",
    "The page that you have requested does not seem to exist*": "browser_no_page_help",
    "Please wait...": "browser_wait", "No results": "list_nothing", "Select all": "browser_all",
}  # fmt: skip
"""What is seen as text, and the key of the same in our words. A * is any text, which comes along."""
SCRIPT = """<script>
window.browserWords = {words};
window.browserSeen = {seen};
if (!window.browserTells) {{
  const spoken = ["aria-label", "aria-roledescription", "placeholder", "title"];
  window.browserTells = element => spoken.forEach(name => {{
    const now = element.getAttribute(name);
    if (!now) return;
    const kept = (element.browserSaid ??= {{}})[name];
    const was = kept?.now === now ? kept.was : now;
    const found = Object.entries(window.browserWords)
      .find(([en]) => was === en || (en.endsWith(" ") && was.startsWith(en)));
    const told = found ? found[1] + was.slice(found[0].length) : was;
    if (told !== now) element.setAttribute(name, told);
    element.browserSaid[name] = {{was, now: told}};
  }});
  const ours = ":is([data-testid=stMain], [data-testid=stSidebar]) :is([data-testid=stMarkdown]," +
    "[data-testid=stHeading], [data-testid=stHtml], [data-testid=stTable], [data-testid=stMetric]," +
    "label, pre)";
  window.browserWrites = text => {{
    const now = text.nodeValue.trim();
    if (!now || now.length > 400 || !text.parentElement || text.parentElement.closest(ours)) return;
    for (const [en, word] of Object.entries(window.browserSeen)) {{
      const [before, after] = en.split("*");
      const fits = after === undefined ? now === en
        : now.length > before.length + after.length && now.startsWith(before) && now.endsWith(after);
      if (!fits) continue;
      const rest = after === undefined ? "" : now.slice(before.length, now.length - after.length);
      if (word.replace("*", rest) !== now) text.nodeValue = word.replace("*", rest);
      return;
    }}
  }};
  window.browserTellsAll = root => {{
    root.querySelectorAll(spoken.map(name => `[${{name}}]`).join()).forEach(window.browserTells);
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode());) window.browserWrites(text);
  }};
  new MutationObserver(changes => changes.forEach(change => {{
    if (change.type === "attributes") window.browserTells(change.target);
    else if (change.type === "characterData") window.browserWrites(change.target);
    else change.addedNodes.forEach(node => {{
      if (node.nodeType === 3) window.browserWrites(node);
      if (node.nodeType === 1) {{ window.browserTells(node); window.browserTellsAll(node); }}
    }});
  }})).observe(document.body, {{
    childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: spoken,
  }});
}}
window.browserTellsAll(document.body);
</script>"""
ALOUD = """<script>
if (!window.saysAloud) {
  const region = document.createElement("div");
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  region.style.cssText =
    "position: fixed; top: 0; left: 0; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
  document.body.append(region);
  let now = "", timer;
  window.saysAloud = () => {
    const told = [...document.querySelectorAll(".st-key-aloud :is(h2, p)")].map(e => e.textContent).join(" ");
    if (told === now) return;
    now = told;
    clearTimeout(timer);
    timer = setTimeout(() => { if (region.textContent !== now) region.textContent = now; }, 3000);
  };
  new MutationObserver(window.saysAloud)
    .observe(document.body, {childList: true, subtree: true, characterData: true});
}
window.saysAloud();
</script>"""
"""Lets a screen reader say what a page marks as its answer (`parts.aloud`), once that has stood for three
seconds: an answer that sharpens is drawn anew each second, and may change each time.
"""
KEYS = """<script>
if (!window.numberKeys) {
  window.numberKeys = () => document.querySelectorAll("[class*=st-key-number-] input:not([inputmode])")
    .forEach(field => field.setAttribute("inputmode", "decimal"));
  new MutationObserver(window.numberKeys).observe(document.body, {childList: true, subtree: true});
}
window.numberKeys();
</script>"""
"""A phone shows the keys of a number. Some have no minus, so that a field below zero keeps its letters."""
LOOK = """<style>
[data-testid=InputInstructions], [data-testid=stElementToolbar], {command_of} {{display: none}}
:is({nothing_of}, {typed_of}, {upload_of}, {size_of}) {{visibility: hidden; font-size: 0}}
{nothing_of}::before {{content: "{nothing}"}}
{typed_of}::before {{content: "{typed}"}}
{upload_of}::before {{content: "{upload}"}}
{size_of}::before {{content: "{size}"}}
:is({nothing_of}, {typed_of}, {upload_of})::before {{visibility: visible; font-size: 1rem}}
{size_of}::before {{visibility: visible; font-size: 0.875rem}}
</style>"""
"""How to leave a field and how many letters are left, and a chart's own buttons, are away: a table and a file
stand below each chart. So is the command that a visitor without a connection would be told to give. What a
list says of what was typed, and a field for files of itself, is in our words.
"""
PLACES = {
    "command_of": "[role=dialog] [data-testid=stErrorCodeBlock]",
    "nothing_of": "[data-testid=stSelectboxVirtualDropdown] [data-empty] > *",
    "typed_of": "[data-testid=stSelectboxVirtualDropdown] [data-key=__creatable__] [data-item-hl]",
    "upload_of": "[data-testid=stFileUploaderDropzone] button p",
    "size_of": "[data-testid=stFileUploaderDropzoneInstructions] > div > *",
}


def show() -> None:
    """Put our words in place of the browser page's own."""
    size = t("browser_size", size=f"{MAX_BYTES // 1_000_000} MB")
    st.html(LOOK.format(
        **PLACES, nothing=t("list_nothing"), typed=t("list_typed"), upload=t("browser_upload"), size=size
    ))  # fmt: skip
    words = json.dumps({english: t(key) for english, key in SAID.items()})
    seen = json.dumps({english: t(key) for english, key in SEEN.items()})
    st.html(SCRIPT.format(words=words, seen=seen) + ALOUD + KEYS, unsafe_allow_javascript=True)
