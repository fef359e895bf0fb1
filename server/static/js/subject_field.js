// Offers registered plates and machine numbers while one types; without it the field works as it is.

for (const box of document.querySelectorAll("[data-subject-field]")) {
  const input = box.querySelector("input");
  const offers = box.querySelector("datalist");
  let asked = 0;
  input.setAttribute("list", offers.id);
  input.addEventListener("input", () => {
    const mine = (asked += 1);
    setTimeout(async () => {
      if (mine !== asked || input.value.trim().length < 2) return;
      const address = `${box.dataset.address}?q=${encodeURIComponent(input.value.trim())}`;
      const answer = await fetch(address, { headers: { "X-Poll": "1" } }).catch(() => null);
      if (!answer?.ok || mine !== asked) return;
      const found = await answer.json();
      offers.replaceChildren(...found.map((one) => new Option(one.owner ?? "", one.name)));
    }, 200);
  });
}
