// Opens the API console on the document its page names.
const place = document.getElementById("swagger-ui");
window.SwaggerUIBundle({ url: place.dataset.document, domNode: place, deepLinking: true });
