"""Somebody who sends money in experiments."""

JANE = {
    "external_id": "person-1",
    "first_name": "Jane",
    "last_name": "Roe",
    "country": "US",
    "city": "New York",
    "street": "20 W 34th St",
    "postal_code": "10001",
    "phone_number": "+12125551234",
    "email": "jane@example.com",
    "birth_date": "1974-12-24",
    "ip": "127.0.0.1",
    "documents": [],
}
