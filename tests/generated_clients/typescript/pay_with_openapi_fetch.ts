// Pays through openapi-fetch and the types that openapi-typescript made.
import createClient from "openapi-fetch";
import type { paths } from "./openapi_typescript";
import { baseUrl, externalId, payment, payoutMethod, expect, signed, untilPaid } from "./story";

async function main() {
  const client = createClient<paths>({ baseUrl });
  client.use({ onRequest: ({ request }) => signed(request) });

  const stored = await client.POST("/payout_methods", { body: { payout_method: payoutMethod("12345678900") } });
  if (expect(stored.data, stored.error).object.type !== "NGN::Bank") throw new Error("another payout method");

  const made = await client.POST("/transactions/create_and_fund", {
    body: payment(externalId, "12345678900"),
    params: { header: { "Idempotency-Key": externalId } },
  });
  const { id } = expect(made.data, made.error).object;
  await untilPaid(async () => {
    const shown = await client.GET("/transactions/{id}", { params: { path: { id } } });
    return expect(shown.data, shown.error).object.state;
  });

  const refused = await client.POST("/transactions/create_and_fund", { body: payment(`${externalId}-2`, "") });
  if (refused.response.status !== 422 || refused.error === undefined) throw new Error("not refused");
  console.log("paid", id);
}

main();
