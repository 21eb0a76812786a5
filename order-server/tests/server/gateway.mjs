// A gateway of Apollo Federation 2 that composes the orders with a second subgraph, and a client of
// subscriptions. Each line of the input is an operation: {"token", "query", "variables"} for the gateway, with
// "listen": true for the server itself. Each line of the output is an answer.

import { createInterface } from "node:readline";
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { createClient } from "graphql-sse";
import { parse } from "graphql";

// Standard output is for answers.
const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: console.error, error: console.error };
const [orders, service] = process.argv.slice(2);
const listen = { host: "127.0.0.1", port: 0 };
const authorization = (token) => (token ? { authorization: `Bearer ${token}` } : {});

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
  type Query { reviews: [Review!]! }
  type Review { id: ID! text: String! product: Product! order: Order author: User! }
  type Product @key(fields: "id") { id: ID! reviews: [Review!]! }
  type Order @key(fields: "id") { id: ID! reviews: [Review!]! }
  type User @key(fields: "id") { id: ID! name: String! }
`);
const reviews = [];
const of = (name) => ({ id }) => reviews.filter((review) => review[name].id === id);
const resolvers = {
  Query: { reviews: () => reviews },
  Product: { reviews: of("product") },
  Order: { reviews: of("order") },
  User: { name: ({ id }) => `user ${id}` },
};
const second = new ApolloServer({ logger, schema: buildSubgraphSchema({ typeDefs, resolvers }) });
const { url } = await startStandaloneServer(second, { listen });

const gateway = new ApolloGateway({
  logger,
  supergraphSdl: new IntrospectAndCompose({
    subgraphs: [{ name: "orders", url: orders }, { name: "reviews", url }],
    introspectionHeaders: authorization(service),
  }),
  buildService: (definition) => new RemoteGraphQLDataSource({
    ...definition,
    willSendRequest: ({ request, context }) => {
      if (context.authorization) request.http.headers.set("authorization", context.authorization);
    },
  }),
});
const supergraph = new ApolloServer({ logger, gateway });
const front = await startStandaloneServer(supergraph, {
  listen,
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
});

const ask = async ({ token, query, variables }) => {
  const headers = { "content-type": "application/json", ...authorization(token) };
  const body = JSON.stringify({ query, variables });
  return (await fetch(front.url, { method: "POST", headers, body })).json();
};

const answer = async (operation) => {
  if (operation.review) return { reviews: reviews.push(operation.review) };
  if (!operation.listen) return ask(operation);
  const { token, query, variables } = operation;
  const client = createClient({ url: orders, headers: authorization(token) });
  for await (const said of client.iterate({ query, variables }, {})) return said;
};

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
process.exit(0);
