-- Clients read as `state_reason` why a sender was turned away. That a sanction list had to do with it is no business of
-- theirs: those who were told so are told the sentence that everybody is told now. Runs before the code that needs it.

update senders set state_reason = 'Sender could not be approved' where state_reason = 'Sanction list check failed';
