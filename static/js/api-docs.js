/* Shows the API's description with Swagger UI. */
"use strict";

const docs = document.getElementById("docs");
window.SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  deepLinking: true,
  displayOperationId: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
