// Tick every box of the form on this page.

for (const button of document.querySelectorAll("[data-pick-all]")) {
  button.addEventListener("click", () => {
    const boxes = [...document.getElementById(button.dataset.pickAll).elements].filter((e) => e.type === "checkbox");
    const tick = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = tick;
  });
}
