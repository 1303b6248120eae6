-- A log with a hash chain, as one would build it: one row for its head, one for each entry.

create table head (size bigint not null, hash bytea not null);
insert into head values (0, sha256(''));

create table entry (
    seq bigint primary key,
    key bytea not null,
    key_seq bigint not null,
    hash bytea not null,
    recorded_at timestamptz not null,
    payload bytea not null,
    unique (key, key_seq)
);

-- Appends once: what a key has said under a number keeps its place. The head's row is locked until the commit is durable, so
-- that entries are chained in their order.
create function append(of_key bytea, its_seq bigint, said bytea) returns bigint language plpgsql as $$
declare
    place bigint;
    before bytea;
begin
    select size, hash into place, before from head for update;
    insert into entry values (place, of_key, its_seq, sha256(before || said), clock_timestamp(), said)
        on conflict (key, key_seq) do nothing;
    if not found then
        select seq into place from entry where key = of_key and key_seq = its_seq;
        return place;
    end if;
    update head set size = place + 1, hash = sha256(before || said);
    return place;
end
$$;
