KEY='{{ key.key }}'
SECRET='{{ secret }}'
URL='{{ base_url }}/accounts'

NONCE=$(python3 -c 'import uuid; print(uuid.uuid4())')
DIGEST=$(printf '' | openssl dgst -sha512 -r | cut -d' ' -f1)
SIGNATURE=$(printf '%s' "$NONCE&GET&$URL&$DIGEST" \
  | openssl dgst -sha512 -hmac "$SECRET" -r | cut -d' ' -f1)

curl -s "$URL" -H "Authorization-Key: $KEY" \
  -H "Authorization-Nonce: $NONCE" -H "Authorization-Signature: $SIGNATURE"
