-- An attempt keeps what its provider was asked to pay: it is asked about as it was handed over, whatever became of the
-- recipient meanwhile. Runs before the code that needs it; an earlier release may go on making attempts without.
alter table payout_attempts add column payout_order json;
comment on column payout_attempts.payout_order is
    'What the provider was given: payout and recipient type, amount, details, country. Null for attempts of earlier
     releases: then it is what the recipient says now. It goes when the details of the recipient go.';

-- What is under way is asked about as its recipient is at this moment: what it was when it was handed over, nobody kept.
-- The country is left out, since it may come from the list of corridors: whoever asks works it out as before.
update payout_attempts a
set payout_order = json_build_object('payout_type', r.payout_type, 'recipient_type', r.type,
    'currency', r.output_currency, 'amount_minor', r.output_minor, 'details', r.details)
from recipients r
where r.app_id = a.app_id and r.attempt_id = a.id;
