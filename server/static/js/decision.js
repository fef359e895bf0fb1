// The decision form: only the reasons of the chosen decision can be chosen.

const form = document.querySelector("form[data-decision]");
if (form) {
  const select = form.elements.reason;
  const groups = [...select.querySelectorAll("optgroup")];
  const narrow = () => {
    const status = new FormData(form).get("status");
    for (const group of groups) group.hidden = group.disabled = Boolean(status) && group.dataset.status !== status;
    if (select.selectedOptions[0]?.parentElement.disabled) select.value = "";
  };
  form.addEventListener("change", narrow);
  narrow();
}
