// The quarantine: choose a whole page of the list; a long replay goes on by itself, portion after portion.

const all = document.querySelector("[data-choose-page]");
all?.addEventListener("click", () => {
  const boxes = [...document.querySelectorAll("input.chooser")];
  const on = boxes.some((box) => !box.checked);
  for (const box of boxes) box.checked = on;
});

const more = document.querySelector("form[data-go-on]");
if (more) {
  const timer = setTimeout(() => more.requestSubmit(), 400);
  document.querySelector("[data-stop]").addEventListener("click", () => clearTimeout(timer));
}
