"use strict";

// Everything is beside the script, wherever a host nests the routes.
const script = document.currentScript.src;
const element = (id) => document.getElementById(id);

async function ask() {
  const headers = { "content-type": "application/json" };
  const token = element("token").value.trim();
  if (token) headers.authorization = `Bearer ${token}`;
  const variables = JSON.parse(element("variables").value || "{}");
  const body = JSON.stringify({ query: element("query").value, variables });
  const response = await fetch(new URL("../graphql", script), { method: "POST", headers, body });
  return JSON.stringify(await response.json(), null, 2);
}

element("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  element("answer").textContent = "…";
  try {
    element("answer").textContent = await ask();
  } catch (error) {
    element("answer").textContent = String(error);
  }
});

fetch(new URL("schema", script))
  .then((response) => response.text())
  .then((text) => { element("schema").textContent = text; });
