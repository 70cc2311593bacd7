// Shows the chosen file's name, since the page draws the control itself, in the page's language.
"use strict";

document.getElementById("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) document.getElementById("chosen").textContent = file.name;
});
