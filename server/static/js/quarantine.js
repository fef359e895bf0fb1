// The quarantine: choose a whole page of the list; the bytes open at the fault; a long replay goes on by itself, portion after portion.

const all = document.querySelector("[data-choose-page]");
all?.addEventListener("click", () => {
  const boxes = [...document.querySelectorAll("input.chooser")];
  const on = boxes.some((box) => !box.checked);
  for (const box of boxes) box.checked = on;
});

const mark = document.querySelector(".dump mark");
if (mark) {
  const box = mark.closest(".dump");
  box.scrollTop = mark.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
}

const more = document.querySelector("form[data-go-on]");
if (more) {
  const timer = setTimeout(() => more.requestSubmit(), 400);
  document.querySelector("[data-stop]").addEventListener("click", () => clearTimeout(timer));
}
