-- A file as version 1 made it.
PRAGMA auto_vacuum = 2;
PRAGMA application_id = 1414818679;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'tiktokwatch','tables','2026-11-25 01:09:43.671356+00:00');
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
INSERT INTO "cursors" VALUES('r-1','reddit','2026-03-02T12:00:00.000000Z','2026-03-02T12:03:00.000000Z','2026-03-02T12:03:00.000000Z','','',NULL);
INSERT INTO "cursors" VALUES('x-1','x','2026-03-02T12:00:00.000000Z','2026-03-02T12:03:00.000000Z','2026-03-02T12:03:00.000000Z','cursor 2','',NULL);
CREATE TABLE deliveries (
    key TEXT NOT NULL,
    channel TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (key, channel)
);
INSERT INTO "deliveries" VALUES('outage 1','mail','2026-03-02T12:00:00.000000Z','delivered',1,'');
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
INSERT INTO "evidence" VALUES('2026-03-02T12:01:00.000000Z','high','outage',7.5,4.6,0.1,5,0,0.4,0,0,0,0,'[{"source":"x","window":5,"observed":0,"expected":0.4,"surprise":7.5},{"source":"reddit","window":5,"observed":0,"expected":0.4,"surprise":"inf"}]');
INSERT INTO "evidence" VALUES('2026-03-02T12:02:00.000000Z','high','outage',7.5,4.6,0.1,5,3,0.4,0,0,0,0,'[{"source":"x","window":5,"observed":3,"expected":0.4,"surprise":7.5},{"source":"reddit","window":5,"observed":3,"expected":0.4,"surprise":"inf"}]');
INSERT INTO "evidence" VALUES('2026-03-02T12:03:00.000000Z','high','outage',7.5,4.6,0.1,5,6,0.4,0,0,0,0,'[{"source":"x","window":5,"observed":6,"expected":0.4,"surprise":7.5},{"source":"reddit","window":5,"observed":6,"expected":0.4,"surprise":"inf"}]');
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
INSERT INTO "gaps" VALUES(1,1,'2026-03-02T12:01:01.000000Z','b-1','bluesky','2026-03-02T12:00:00.000000Z','2026-03-02T12:01:00.000000Z','503');
INSERT INTO "gaps" VALUES(2,2,'2026-03-02T12:02:01.000000Z','b-1','bluesky','2026-03-02T12:01:00.000000Z','2026-03-02T12:02:00.000000Z','503');
INSERT INTO "gaps" VALUES(3,3,'2026-03-02T12:03:01.000000Z','b-1','bluesky','2026-03-02T12:02:00.000000Z','2026-03-02T12:03:00.000000Z','503');
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
INSERT INTO "minute_counts" VALUES('2026-03-02T12:00:00.000000Z','reddit',1,0,0,0,0,0,0,0,'{}','{}');
INSERT INTO "minute_counts" VALUES('2026-03-02T12:00:00.000000Z','x',1,3,3,0,0,0,0,0,'{}','{}');
INSERT INTO "minute_counts" VALUES('2026-03-02T12:01:00.000000Z','reddit',1,0,0,0,0,0,0,0,'{}','{}');
INSERT INTO "minute_counts" VALUES('2026-03-02T12:01:00.000000Z','x',1,3,3,0,0,0,0,0,'{}','{}');
INSERT INTO "minute_counts" VALUES('2026-03-02T12:02:00.000000Z','reddit',1,0,0,0,0,0,0,0,'{}','{}');
INSERT INTO "minute_counts" VALUES('2026-03-02T12:02:00.000000Z','x',1,3,3,0,0,0,0,0,'{}','{}');
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
INSERT INTO "outages" VALUES(1,'app','outage','technical','2026-03-02T12:00:00.000000Z','2026-03-02T12:01:00.000000Z',NULL,NULL,9,0,0,0.0,'[]','{}','{}','');
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
INSERT INTO "polls" VALUES(1,1,'2026-03-02T12:01:01.000000Z','x-1','x','2026-03-02T12:00:00.000000Z','2026-03-02T12:01:00.000000Z',3,'cursor 0','',NULL,NULL,NULL);
INSERT INTO "polls" VALUES(2,1,'2026-03-02T12:01:01.000000Z','r-1','reddit','2026-03-02T12:00:00.000000Z','2026-03-02T12:01:00.000000Z',0,'','',NULL,NULL,NULL);
INSERT INTO "polls" VALUES(3,1,'2026-03-02T12:01:01.000000Z','b-1','bluesky',NULL,NULL,0,'','','503','2026-03-02T12:01:00.000000Z',NULL);
INSERT INTO "polls" VALUES(4,2,'2026-03-02T12:02:01.000000Z','x-1','x','2026-03-02T12:01:00.000000Z','2026-03-02T12:02:00.000000Z',3,'cursor 1','',NULL,NULL,NULL);
INSERT INTO "polls" VALUES(5,2,'2026-03-02T12:02:01.000000Z','r-1','reddit','2026-03-02T12:01:00.000000Z','2026-03-02T12:02:00.000000Z',0,'','',NULL,NULL,NULL);
INSERT INTO "polls" VALUES(6,2,'2026-03-02T12:02:01.000000Z','b-1','bluesky',NULL,NULL,0,'','','503','2026-03-02T12:02:00.000000Z',NULL);
INSERT INTO "polls" VALUES(7,3,'2026-03-02T12:03:01.000000Z','x-1','x','2026-03-02T12:02:00.000000Z','2026-03-02T12:03:00.000000Z',3,'cursor 2','',NULL,NULL,NULL);
INSERT INTO "polls" VALUES(8,3,'2026-03-02T12:03:01.000000Z','r-1','reddit','2026-03-02T12:02:00.000000Z','2026-03-02T12:03:00.000000Z',0,'','',NULL,NULL,NULL);
INSERT INTO "polls" VALUES(9,3,'2026-03-02T12:03:01.000000Z','b-1','bluesky',NULL,NULL,0,'','','503','2026-03-02T12:03:00.000000Z',NULL);
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
INSERT INTO "posts" VALUES('x:0-0','x','2026-03-02T12:00:00.000000Z',NULL,NULL,'',NULL,'post','2026-03-02T12:01:01.000000Z','x-1',1,0);
INSERT INTO "posts" VALUES('x:0-1','x','2026-03-02T12:00:01.000000Z',NULL,NULL,'',NULL,'post','2026-03-02T12:01:01.000000Z','x-1',1,0);
INSERT INTO "posts" VALUES('x:0-2','x','2026-03-02T12:00:02.000000Z',NULL,NULL,'',NULL,'post','2026-03-02T12:01:01.000000Z','x-1',1,0);
INSERT INTO "posts" VALUES('x:1-0','x','2026-03-02T12:01:00.000000Z','user1','tiktok is down, 1','','','post','2026-03-02T12:02:01.000000Z','x-1',4,0);
INSERT INTO "posts" VALUES('x:1-1','x','2026-03-02T12:01:01.000000Z',NULL,NULL,'',NULL,'post','2026-03-02T12:02:01.000000Z','x-1',4,1);
INSERT INTO "posts" VALUES('x:1-2','x','2026-03-02T12:01:02.000000Z','user1','tiktok is down, 1','','','post','2026-03-02T12:02:01.000000Z','x-1',4,0);
INSERT INTO "posts" VALUES('x:2-0','x','2026-03-02T12:02:00.000000Z','user2','tiktok is down, 2','','','post','2026-03-02T12:03:01.000000Z','x-1',7,0);
INSERT INTO "posts" VALUES('x:2-1','x','2026-03-02T12:02:01.000000Z','user2','tiktok is down, 2','','','post','2026-03-02T12:03:01.000000Z','x-1',7,0);
INSERT INTO "posts" VALUES('x:2-2','x','2026-03-02T12:02:02.000000Z','user2','tiktok is down, 2','','','post','2026-03-02T12:03:01.000000Z','x-1',7,0);
INSERT INTO "posts" VALUES('reddit:w0','reddit','2026-03-02T12:03:00.000000Z','waiting 0','down','','https://r.example/1','post','2026-03-02T12:03:30.000000Z','',NULL,0);
INSERT INTO "posts" VALUES('reddit:w1','reddit','2026-03-02T12:03:01.000000Z','waiting 1',X'697420776F6E2774206C6F61643B200020697320776879','','https://r.example/1','post','2026-03-02T12:03:30.000000Z','',NULL,0);
CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    settled TEXT,
    looked_at TEXT
);
INSERT INTO "progress" VALUES(1,'2026-03-02T12:03:00.000000Z','2026-03-02T12:03:30.000000Z');
CREATE TABLE ticks (
    id INTEGER PRIMARY KEY,
    now TEXT NOT NULL,
    settled TEXT,
    duplicates INTEGER NOT NULL
);
INSERT INTO "ticks" VALUES(1,'2026-03-02T12:01:01.000000Z','2026-03-02T12:01:00.000000Z',0);
INSERT INTO "ticks" VALUES(2,'2026-03-02T12:02:01.000000Z','2026-03-02T12:02:00.000000Z',0);
INSERT INTO "ticks" VALUES(3,'2026-03-02T12:03:01.000000Z','2026-03-02T12:03:00.000000Z',0);
INSERT INTO "ticks" VALUES(4,'2026-03-02T12:03:30.000000Z',NULL,0);
CREATE TABLE transitions (
    id INTEGER PRIMARY KEY,
    outage_id INTEGER REFERENCES outages (id),
    at TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL
);
INSERT INTO "transitions" VALUES(1,1,'2026-03-02T12:01:00.000000Z','pending','outage','3 people','{"at":"2026-03-02T12:01:00.000000Z","signal":"high","state":"outage","surprise":7.5,"threshold":4.6,"usual":0.1,"window":5,"observed":0,"expected":0.4,"memes":0,"policy":0,"recovery":0,"elsewhere":0,"scores":[{"source":"x","window":5,"observed":0,"expected":0.4,"surprise":7.5},{"source":"reddit","window":5,"observed":0,"expected":0.4,"surprise":"inf"}]}');
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
INSERT INTO "verdicts" VALUES('x:0-0',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('x:0-1',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('x:0-2',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('x:1-0',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('x:1-2',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('x:2-0',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('x:2-1',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('x:2-2',0.9,0.1,0.2,0.3,1,'["complaint"]','["feed"]','[]','[]','counted');
INSERT INTO "verdicts" VALUES('reddit:w0',0.9,0.1,0.2,0.3,1,'["complaint"]','[]','[]','[5,18446744073709551615]',NULL);
INSERT INTO "verdicts" VALUES('reddit:w1',0.9,0.1,0.2,0.3,1,'["complaint"]','[]','[]','[5,18446744073709551615]',NULL);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX ticks_now ON ticks (now);
CREATE INDEX polls_tick ON polls (tick_id);
CREATE INDEX posts_at ON posts (at);
CREATE INDEX posts_with_text ON posts (at) WHERE text IS NOT NULL;
CREATE INDEX posts_poll ON posts (poll_id);
CREATE INDEX posts_author ON posts (author COLLATE NOCASE) WHERE author IS NOT NULL;
CREATE INDEX verdicts_waiting ON verdicts (post_id) WHERE standing IS NULL;
CREATE TRIGGER forgotten_posts_stay_forgotten BEFORE INSERT ON verdicts
WHEN EXISTS (SELECT 1 FROM posts WHERE id = NEW.post_id AND forgotten)
BEGIN
    SELECT RAISE(IGNORE);
END;
CREATE INDEX gaps_end ON gaps ("end");
CREATE INDEX gaps_tick ON gaps (tick_id);
CREATE INDEX transitions_outage ON transitions (outage_id);
CREATE INDEX transitions_at ON transitions (at);
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
COMMIT;
