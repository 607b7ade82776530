// What both clients do alike: sign, say what is paid, and wait.
import { createHash, createHmac, randomUUID } from "node:crypto";

const { BASE_URL = "", API_KEY = "", API_SECRET = "", EXTERNAL_ID = "" } = process.env;
const MILLISECONDS_UNTIL_PAID = 60_000;

export const baseUrl = BASE_URL;
export const externalId = EXTERNAL_ID;

/** Signs a request, as the SDKs do. */
export async function signed(request: Request): Promise<Request> {
  const body = Buffer.from(await request.clone().arrayBuffer());
  const nonce = randomUUID();
  const digest = createHash("sha512").update(body).digest("hex");
  const text = [nonce, request.method, request.url, digest].join("&");
  request.headers.set("Authorization-Key", API_KEY);
  request.headers.set("Authorization-Nonce", nonce);
  request.headers.set("Authorization-Signature", createHmac("sha512", API_SECRET).update(text).digest("hex"));
  return request;
}

export const payoutMethod = (bankAccount: string) => ({
  type: "NGN::Bank",
  details: {
    first_name: "John",
    last_name: "Doe",
    street: "1 Broad Street",
    bank_code: "058",
    bank_account: bankAccount,
    bank_account_type: "20",
  },
});

export const payment = (id: string, bankAccount: string) => ({
  transaction: {
    input_currency: "USD",
    external_id: id,
    metadata: { invoice: 7 },
    sender: {
      first_name: "Jane",
      last_name: "Roe",
      country: "US",
      city: "New York",
      street: "20 W 34th St",
      postal_code: "10001",
      phone_number: "+12125551234",
      email: "jane@example.com",
      birth_date: "1974-12-24",
      ip: "127.0.0.1",
      documents: [],
    },
    recipients: [{ requested_amount: 10_000, requested_currency: "NGN", payout_method: payoutMethod(bankAccount) }],
  },
});

export function expect<T>(value: T | undefined, problem: unknown): T {
  if (value === undefined) throw new Error(JSON.stringify(problem));
  return value;
}

/** Asks until the payment is paid. */
export async function untilPaid(ask: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + MILLISECONDS_UNTIL_PAID;
  for (let state = await ask(); state !== "paid"; state = await ask()) {
    if (Date.now() > deadline) throw new Error(`still ${state}`);
  }
}
