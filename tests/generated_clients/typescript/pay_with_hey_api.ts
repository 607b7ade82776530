// Pays through the client that @hey-api/openapi-ts made.
import { client } from "./hey_api/client.gen";
import { createAndFundTransaction, createPayoutMethod, showTransaction } from "./hey_api/sdk.gen";
import { baseUrl, externalId, payment, payoutMethod, expect, signed, untilPaid } from "./story";

async function main() {
  client.setConfig({ baseUrl });
  client.interceptors.request.use(signed);

  const stored = await createPayoutMethod({ body: { payout_method: payoutMethod("12345678900") } });
  if (expect(stored.data, stored.error).object.type !== "NGN::Bank") throw new Error("another payout method");

  const made = await createAndFundTransaction({
    body: payment(externalId, "12345678900"),
    headers: { "Idempotency-Key": externalId },
  });
  const { id } = expect(made.data, made.error).object;
  await untilPaid(async () => {
    const shown = await showTransaction({ path: { id } });
    return expect(shown.data, shown.error).object.state;
  });

  const refused = await createAndFundTransaction({ body: payment(`${externalId}-2`, "") });
  if (refused.response.status !== 422 || refused.error === undefined) throw new Error("not refused");
  console.log("paid", id);
}

main();
