"""What makes the tables: one script a version. A script that was released is not changed any more.

Times are text, UTC, of one width ("2025-01-19T03:04:05.000000Z"), so that the order of the text is the order of time.
Text that SQLite cannot hold as text (see `cells.packed`) is a BLOB in the same column.
"""

from __future__ import annotations

_TABLES = """
-- How far the watch has come: minutes before `settled` are settled, `looked_at` is the last turn of the loop.
CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    settled TEXT,
    looked_at TEXT
);
INSERT INTO progress (id) VALUES (1);

-- Turns of the loop that brought or changed something.
CREATE TABLE ticks (
    id INTEGER PRIMARY KEY,
    now TEXT NOT NULL,
    settled TEXT,
    duplicates INTEGER NOT NULL
);
CREATE INDEX ticks_now ON ticks (now);

-- Who looked, how far they vouch, or why the poll failed (`fault`).
CREATE TABLE polls (
    id INTEGER PRIMARY KEY,
    tick_id INTEGER NOT NULL REFERENCES ticks (id) ON DELETE CASCADE,
    seen_at TEXT NOT NULL,
    collector TEXT NOT NULL,
    source TEXT NOT NULL,
    since TEXT,
    through TEXT,
    posts INTEGER NOT NULL DEFAULT 0,
    cursor TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    fault TEXT,
    failed_at TEXT,
    retry_at TEXT
);
CREATE INDEX polls_tick ON polls (tick_id);

-- `author`, `text` and `url` are NULL once they were dropped.
CREATE TABLE posts (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    author TEXT,
    text TEXT,
    lang TEXT NOT NULL,
    url TEXT,
    kind TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    collector TEXT NOT NULL,
    poll_id INTEGER REFERENCES polls (id) ON DELETE SET NULL,
    forgotten INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX posts_at ON posts (at);
CREATE INDEX posts_with_text ON posts (at) WHERE text IS NOT NULL;
CREATE INDEX posts_poll ON posts (poll_id);
CREATE INDEX posts_author ON posts (author COLLATE NOCASE) WHERE author IS NOT NULL;

CREATE TABLE verdicts (
    post_id TEXT NOT NULL PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    complaint REAL NOT NULL,
    meme REAL NOT NULL,
    policy REAL NOT NULL,
    recovery REAL NOT NULL,
    about_tiktok INTEGER NOT NULL,
    labels TEXT NOT NULL,
    aspects TEXT NOT NULL,
    places TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    standing TEXT
);
CREATE INDEX verdicts_waiting ON verdicts (post_id) WHERE standing IS NULL;
-- A collector may find a forgotten post again; it is not judged a second time.
CREATE TRIGGER forgotten_posts_stay_forgotten BEFORE INSERT ON verdicts
WHEN EXISTS (SELECT 1 FROM posts WHERE id = NEW.post_id AND forgotten)
BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TABLE minute_counts (
    minute TEXT NOT NULL,
    source TEXT NOT NULL,
    covered INTEGER NOT NULL,
    posts INTEGER NOT NULL,
    complaints INTEGER NOT NULL,
    memes INTEGER NOT NULL,
    policy INTEGER NOT NULL,
    recovery INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL,
    chatter INTEGER NOT NULL,
    aspects TEXT NOT NULL,
    places TEXT NOT NULL,
    PRIMARY KEY (minute, source)
) WITHOUT ROWID;

CREATE TABLE evidence (
    at TEXT NOT NULL PRIMARY KEY,
    signal TEXT NOT NULL,
    state TEXT NOT NULL,
    surprise REAL NOT NULL,
    threshold REAL NOT NULL,
    usual REAL NOT NULL,
    window INTEGER NOT NULL,
    observed INTEGER NOT NULL,
    expected REAL NOT NULL,
    memes INTEGER NOT NULL,
    policy INTEGER NOT NULL,
    recovery INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL,
    scores TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE gaps (
    id INTEGER PRIMARY KEY,
    tick_id INTEGER REFERENCES ticks (id) ON DELETE SET NULL,
    seen_at TEXT NOT NULL,
    collector TEXT NOT NULL,
    source TEXT NOT NULL,
    start TEXT NOT NULL,
    "end" TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX gaps_end ON gaps ("end");
CREATE INDEX gaps_tick ON gaps (tick_id);

CREATE TABLE cursors (
    collector TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    since TEXT,
    through TEXT,
    passed TEXT,
    cursor TEXT NOT NULL,
    fault TEXT NOT NULL,
    retry_at TEXT
);

CREATE TABLE outages (
    id INTEGER PRIMARY KEY,
    aspect TEXT NOT NULL,
    state TEXT NOT NULL,
    verdict TEXT NOT NULL,
    onset TEXT NOT NULL,
    signalled_at TEXT NOT NULL,
    recovering_at TEXT,
    ended_at TEXT,
    complaints INTEGER NOT NULL,
    authors INTEGER NOT NULL,
    peak_per_minute INTEGER NOT NULL,
    usual_per_minute REAL NOT NULL,
    sources TEXT NOT NULL,
    aspects TEXT NOT NULL,
    places TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE transitions (
    id INTEGER PRIMARY KEY,
    outage_id INTEGER REFERENCES outages (id),
    at TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL
);
CREATE INDEX transitions_outage ON transitions (outage_id);
CREATE INDEX transitions_at ON transitions (at);

-- What was said to whom; an attempt that failed is tried again, any other outcome is final.
CREATE TABLE deliveries (
    key TEXT NOT NULL,
    channel TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (key, channel)
);

CREATE VIEW judged AS
    SELECT posts.*, complaint, meme, policy, recovery, about_tiktok, labels, aspects, places, fingerprint, standing
    FROM posts JOIN verdicts ON verdicts.post_id = posts.id;

CREATE VIEW complaints AS
    SELECT at, source, author, text, url, aspects, places, complaint AS probability, lang, id
    FROM judged WHERE standing = 'counted' AND text IS NOT NULL AND text != '';

CREATE VIEW hours AS
    SELECT substr(minute, 1, 13) || ':00:00.000000Z' AS hour, source, count(*) AS minutes, sum(covered) AS covered,
        sum(posts) AS posts, sum(complaints) AS complaints, sum(memes) AS memes, sum(policy) AS policy,
        sum(recovery) AS recovery, sum(elsewhere) AS elsewhere
    FROM minute_counts GROUP BY hour, source;
"""

_VOLUMES = """
-- `volume` is what the source itself counted, 0 where it did not.
ALTER TABLE minute_counts ADD COLUMN volume INTEGER NOT NULL DEFAULT 0;

-- What a batch said that its source counted, in its order.
CREATE TABLE volumes (
    poll_id INTEGER NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    source TEXT NOT NULL,
    minute TEXT NOT NULL,
    posts INTEGER NOT NULL,
    PRIMARY KEY (poll_id, place)
) WITHOUT ROWID;
CREATE INDEX volumes_minute ON volumes (minute);

-- What was bought of a source in the hour that starts at `at`.
CREATE TABLE expenses (
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    units INTEGER NOT NULL,
    dollars REAL NOT NULL,
    PRIMARY KEY (source, at, kind)
) WITHOUT ROWID;
CREATE INDEX expenses_at ON expenses (at);

-- When a post was last held against its network.
ALTER TABLE posts ADD COLUMN checked_at TEXT;
CREATE INDEX posts_to_check ON posts (source, checked_at, at) WHERE text IS NOT NULL;
CREATE INDEX posts_official ON posts (at) WHERE kind = 'official';

ALTER TABLE outages ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE outages ADD COLUMN earliest_onset TEXT;
ALTER TABLE outages ADD COLUMN latest_onset TEXT;

-- By what a forgotten post is counted while it waits for its minute (see `forgetting`).
CREATE TABLE stand_ins (
    post_id TEXT NOT NULL PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    author TEXT NOT NULL,
    fingerprint TEXT NOT NULL
);
CREATE TRIGGER settled_posts_need_no_stand_in AFTER UPDATE OF standing ON verdicts WHEN NEW.standing IS NOT NULL
BEGIN
    DELETE FROM stand_ins WHERE post_id = NEW.post_id;
END;

DROP VIEW hours;
CREATE VIEW hours AS
    SELECT substr(minute, 1, 13) || ':00:00.000000Z' AS hour, source, count(*) AS minutes, sum(covered) AS covered,
        sum(posts) AS posts, sum(complaints) AS complaints, sum(memes) AS memes, sum(policy) AS policy,
        sum(recovery) AS recovery, sum(elsewhere) AS elsewhere, sum(volume) AS volume
    FROM minute_counts GROUP BY hour, source;
"""

SCRIPTS = {"tables": _TABLES, "volumes, expenses, checks": _VOLUMES}
