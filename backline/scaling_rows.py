"""The SQL of ``backline.scaling``: everything a clinic has, made from its numbered people.

What a row is like follows from its patient's number, so the same size gives the same clinic.
Ids are version 7 with the time of the row, as in daily use, because indexes grow differently
with random ones.
"""

PREPARE = """
CREATE TEMP TABLE made_people (
    n integer, first_name text, last_name text, dob date, email text, phone text
) ON COMMIT DROP;
CREATE TEMP TABLE made_papers (
    n integer, storage_name text, size bigint, sha256 text, extracted jsonb
) ON COMMIT DROP;
CREATE OR REPLACE FUNCTION pg_temp.made_id(kind text, n bigint, at timestamptz)
RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(digest, 1, 3) || '8' || substr(digest, 5, 15))::uuid
    FROM (SELECT md5(current_setting('app.clinic_id') || kind || n) AS digest) d
$$;
"""

# Each person's id and the time of their row: five minutes after the one before.
NUMBER = """
CREATE TEMP TABLE people ON COMMIT DROP AS
SELECT m.*, at, pg_temp.made_id('patient', m.n, at) AS id
FROM made_people m
CROSS JOIN (SELECT count(*)::integer AS all_of_them FROM made_people) counted
CROSS JOIN LATERAL (SELECT date_trunc('hour', now()) - interval '1 hour'
    - interval '5 minutes' * (all_of_them - m.n) AS at) timed;
ANALYZE people
"""

TASKS = """
INSERT INTO tasks (id, clinic_id, number, title, description, kind, source, patient_id,
    agent_type, assigned_to, priority, state, created_at, updated_at, closed_at)
SELECT pg_temp.made_id('task', number, made), %(clinic)s, number,
    (ARRAY['Call about results', 'Book a follow-up', 'Ask for the referral',
        'Check the insurance card', 'Send the visit summary'])[1 + number %% 5],
    'Made up for measuring.', 'general', 'person', id, '', '',
    (ARRAY['medium', 'high', 'low', 'medium', 'urgent'])[1 + number %% 5], state, made, made,
    CASE WHEN state IN ('done', 'cancelled') THEN made + interval '1 hour' END
FROM (
    SELECT p.id, 10001 + 2 * p.n + twice AS number, p.at + interval '1 minute' * twice AS made,
        (ARRAY['done', 'done', 'open', 'done', 'open', 'done', 'done', 'in_progress', 'done',
            'done', 'open', 'cancelled'])[1 + (5 * p.n + 7 * twice) %% 12] AS state
    FROM people p CROSS JOIN generate_series(0, 1) twice
) t ORDER BY number
"""

# Half-hour visits of each provider one after another, a working day of 18 each, from nine months
# back into the future: they never overlap, and a day has the same number in every size.
VISITS = """
WITH doctors AS (
    SELECT array_agg(m.user_id ORDER BY u.name) AS ids FROM clinic_membership m
    JOIN users u ON u.id = m.user_id WHERE m.clinic_id = %(clinic)s AND m.role = 'doctor'
), planned AS (
    SELECT p.id, p.n, p.n / %(providers)s AS slot, max(p.n) OVER () / %(providers)s / 18 AS days,
        ids[1 + p.n %% %(providers)s] AS doctor
    FROM people p CROSS JOIN doctors
), placed AS (
    SELECT *, (current_date - days * 3 / 4 + slot / 18 + time '13:00') AT TIME ZONE 'UTC'
        + interval '30 minutes' * (slot %% 18) AS begins
    FROM planned
)
INSERT INTO appointments (id, clinic_id, patient_id, provider_id, type, title, starts_at, ends_at,
    location, status, created_at, updated_at)
SELECT pg_temp.made_id('visit', n, begins), %(clinic)s, id, doctor, 'consultation',
    'Consultation', begins, begins + interval '30 minutes', 'Room ' || 1 + n %% 20,
    CASE WHEN n %% 25 = 7 THEN 'cancelled' WHEN begins >= current_date THEN 'scheduled'
        WHEN n %% 25 = 9 THEN 'no_show' ELSE 'completed' END,
    begins - interval '7 days', begins - interval '7 days'
FROM placed ORDER BY begins
"""

CLAIMS = """
WITH billed AS (
    SELECT p.id AS patient_id, p.n, p.at, pg_temp.made_id('claim', p.n, p.at) AS id,
        (ARRAY['pending', 'submitted', 'received', 'under_review', 'approved',
            'settlement_in_progress', 'settlement_done'])[
            1:(ARRAY[7, 1, 5, 7, 2, 5, 4, 7, 3, 6])[1 + p.n %% 10]] AS way
    FROM people p
), claimed AS (
    INSERT INTO claims (id, clinic_id, number, patient_id, insurance_provider, amount_cents,
        procedure_code, diagnosis_code, service_date, description, status, submitted_date,
        last_event_at, created_at, updated_at)
    SELECT id, %(clinic)s, 10001 + n, patient_id,
        (ARRAY['Blue Shield', 'Aetna', 'Cigna', 'UnitedHealth', 'Humana'])[1 + n %% 5],
        2000 + (n::bigint * 7919) %% 900000, '',
        (ARRAY['E11.9', 'I10', 'J06.9', 'M54.50'])[1 + n %% 4], (at - interval '7 days')::date,
        'Office visit', way[cardinality(way)], CASE WHEN cardinality(way) > 1 THEN at::date END,
        at + interval '1 minute' * cardinality(way), at, at
    FROM billed ORDER BY n
)
INSERT INTO claim_events (id, clinic_id, claim_id, position, event_type, status, description,
    payload, at)
SELECT pg_temp.made_id('claim event', 10 * n + place, at), %(clinic)s, id, place,
    CASE place WHEN 1 THEN 'created' ELSE status END, status,
    'Claim ' || CASE place WHEN 1 THEN 'created' ELSE replace(status, '_', ' ') END || '.',
    '{"by": "Seed"}', at + interval '1 minute' * place
FROM billed CROSS JOIN unnest(way) WITH ORDINALITY AS moved(status, place) ORDER BY n, place
"""

PAPERS = """
INSERT INTO documents (id, clinic_id, patient_id, kind, kind_given, status, name, storage_name,
    mime, mime_given, size, sha256, pages, version, progress, confidence, extracted, doubtful,
    created_at, updated_at)
SELECT pg_temp.made_id('paper', n, at), %(clinic)s, p.id, 'other', '', 'ingested',
    'letter-' || n || '.pdf', storage_name, 'application/pdf', 'application/pdf', size, sha256, 1,
    1, '', 0.95, extracted, 0, at, at
FROM made_papers JOIN people p USING (n) ORDER BY n
"""

PEOPLE = """
INSERT INTO patients (id, clinic_id, mrn, first_name, last_name, dob, gender, email, phone,
    address, preconditions, profile_image, status, tasks_count, appointments_count, flagged_count,
    chart_version, created_at, updated_at)
SELECT p.id, %(clinic)s, 100001 + n, first_name, last_name, dob,
    (ARRAY['Female', 'Male', 'Female', 'Male', 'Other'])[1 + n %% 5], email, phone,
    jsonb_build_object('city', 'Springfield', 'postal_code', lpad((n %% 100000)::text, 5, '0')),
    (ARRAY['[]', '["Hypertension"]', '["Diabetes Type 2"]', '["Asthma", "Hypertension"]']::jsonb[])[
        1 + n %% 4],
    '', CASE WHEN n %% 40 = 13 THEN 'inactive' ELSE 'active' END,
    coalesce(t.pending, 0), coalesce(a.standing, 0), 0, 0, at, at
FROM people p
LEFT JOIN (SELECT patient_id, count(*) AS pending FROM tasks
    WHERE clinic_id = %(clinic)s AND state IN ('open', 'in_progress') GROUP BY 1) t
    ON t.patient_id = p.id
LEFT JOIN (SELECT patient_id, count(*) AS standing FROM appointments
    WHERE clinic_id = %(clinic)s AND status IN ('scheduled', 'checked_in') GROUP BY 1) a
    ON a.patient_id = p.id
ORDER BY n
"""
