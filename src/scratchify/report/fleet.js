"use strict";
// Without this the page is whole; with it, it can be searched, and a link opens the file that it leads to.
const form = document.getElementById("filter");
const words = document.getElementById("words");
const files = [...document.querySelectorAll(".file")];
const texts = files.map((file) => file.querySelector("summary").textContent.toLowerCase());

function filter() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const verdicts = new Set([...form.querySelectorAll("input[name=verdict]:checked")].map((box) => box.value));
  let count = 0;
  files.forEach((file, index) => {
    file.hidden = !verdicts.has(file.dataset.verdict) || !wanted.every((word) => texts[index].includes(word));
    count += file.hidden ? 0 : 1;
  });
  document.getElementById("shown").textContent = `${count} shown`;
  document.getElementById("none").hidden = count > 0;
}

function open() {
  const file = location.hash.startsWith("#file-") ? document.getElementById(location.hash.slice(1)) : null;
  if (file) {
    file.hidden = false;
    file.open = true;
    file.scrollIntoView();
  }
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", open);
filter();
open();
