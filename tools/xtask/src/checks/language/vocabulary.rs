//! The words of this project that have a standard word instead, one row for each: the only table to edit.
//!
//! A word that is also everyday English (form, hand, step, hold) is banned as the whole name of a type or a module, and
//! in prose in the phrases that were this project's own.

/// A word and its replacement.
#[derive(Debug)]
pub(super) struct BannedWord {
    /// The words to write instead.
    pub(super) standard: &'static str,
    /// Phrases banned in prose: comments, documentation, messages, Markdown, the page's texts. Any case; `.` stands for
    /// the end of a sentence.
    pub(super) prose: &'static [&'static str],
    /// Phrases around a banned one that are plain English.
    pub(super) unless: &'static [&'static str],
    /// Names no type may have as a whole.
    pub(super) types: &'static [&'static str],
    /// Names no module may have as a whole; `FOLDER:name` for files below that folder alone.
    pub(super) modules: &'static [&'static str],
}

/// Short for a row of the table.
const fn row(standard: &'static str) -> BannedWord {
    BannedWord {
        standard,
        prose: &[],
        unless: &[],
        types: &[],
        modules: &[],
    }
}

impl BannedWord {
    const fn prose(mut self, phrases: &'static [&'static str]) -> Self {
        self.prose = phrases;
        self
    }

    const fn unless(mut self, phrases: &'static [&'static str]) -> Self {
        self.unless = phrases;
        self
    }

    const fn types(mut self, names: &'static [&'static str]) -> Self {
        self.types = names;
        self
    }

    const fn modules(mut self, names: &'static [&'static str]) -> Self {
        self.modules = names;
        self
    }
}

/// The table, in the order of the vocabulary.
pub(super) const VOCABULARY: &[BannedWord] = &[
    row("redaction").types(&["Yours"]).modules(&["yours"]),
    row("the noun, such as `RedactionReport`; in prose: learns, receives, is notified")
        .prose(&[
            "is told",
            "are told",
            "was told",
            "were told",
            "be told",
            "been told",
        ])
        .unless(&["told apart", "told from"])
        .types(&["Told"]),
    row("executor, execute")
        .prose(&["carry out", "carries out", "carried out", "carrying out"])
        .types(&["Hand", "Hands"])
        .modules(&["hand", "hands"]),
    row("`AppContext`").types(&["Home"]),
    row("maintenance mode")
        .prose(&["errand", "errands"])
        .types(&["Errand"])
        .modules(&["errand"]),
    row("disk reserve, `DiskPressure`")
        .prose(&["floor", "floors"])
        .unless(&["floor and ceiling", "floor of the quotient"])
        .types(&["Floor", "Level"])
        .modules(&["floor", "level"]),
    row("manifest outbox").modules(&["crates/journal:chain"]),
    row("record a tombstone")
        .prose(&["entomb", "entombs", "entombed", "entombing"])
        .types(&["Entombed"])
        .modules(&["entomb"]),
    row("`WriteTxn`, or a builder").types(&["Filling"]),
    row("`Backend`, `AppState`, or a fixture")
        .prose(&["desk", "desks", "house", "houses"])
        .unless(&[
            "at the desk",
            "at a desk",
            "at their desk",
            "me desk",
            "desk to desk",
            "unlocked desk",
            "in house",
            "house rule",
            "house rules",
            "market house river",
        ])
        .types(&["Desk", "House"])
        .modules(&["desk", "house"]),
    row("session of the page, `UnlockedSlot`, `GateToken`")
        .prose(&["door", "doors"])
        .unless(&["next door", "back door"])
        .types(&["Door", "Pass"])
        .modules(&["door"]),
    row("create, lock file")
        .prose(&["founding"])
        .types(&["Founding", "Turn"])
        .modules(&["founding", "turn"]),
    row("(classification) rules")
        .types(&["Meaning"])
        .modules(&["meaning"]),
    row("`ViewOptions`, `ReportConfig`")
        .types(&["Looked", "Telling"])
        .modules(&["telling"]),
    row("builder")
        .prose(&["in the making"])
        .types(&["Gathering", "Making"])
        .modules(&["gathering", "making"]),
    row("ten-minute buckets")
        .types(&["Ten", "Tens"])
        .modules(&["ten", "tens"]),
    row("printable report, cover")
        .prose(&["the sheet", "a sheet", "the letter that", "covering letter"])
        .unless(&[
            "time sheet",
            "style sheet",
            "the sheet of paper",
            "a sheet of paper",
        ])
        .types(&["Sheet", "Letter"])
        .modules(&["sheet", "letter"]),
    row("heartbeat")
        .prose(&["pulse", "pulses"])
        .types(&["Pulse"])
        .modules(&["pulse"]),
    row("visibility")
        .prose(&["survey", "surveys", "surveyed"])
        .types(&["Survey"])
        .modules(&["survey"]),
    row("waker")
        .prose(&["bell", "bells"])
        .unless(&["terminal bell", "bell character"])
        .types(&["Bell"])
        .modules(&["bell"]),
    row("shared state, availability")
        .prose(&["the board"])
        .types(&["Board", "Standing"])
        .modules(&["board", "standing"]),
    row("messages").modules(&["words"]),
    row("screenshot")
        .prose(&["picture", "pictures", "pictured", "shot", "shots"])
        // The last two are phrases of the consent notice (` stands for values): another text asks everybody to agree
        // again.
        .unless(&[
            "picture in picture",
            "uam shot",
            "uam shots",
            "now and then a picture of the active window",
            "pictures ` mb on this disk",
        ])
        .types(&["Picture", "Pictures", "Shot", "Shots"])
        .modules(&[
            "picture",
            "pictures",
            "shot",
            "crates/journal:shots",
            "crates/web:shots",
        ]),
    row("sign-in, startup").prose(&["the way in"]),
    row("crate, module").prose(&[
        "rooms",
        "this room",
        "each room",
        "every room",
        "another room",
        "the only room with",
    ]),
    row("`UserCommand`, command, request")
        .prose(&["wish", "wishes", "wished", "wishing"])
        .unless(&["if you wish", "as you wish"])
        .types(&["Wish", "Step", "Pause"])
        .modules(&["wish"]),
    row("`dry_run`, dry run")
        .prose(&[
            "rehearse",
            "rehearses",
            "rehearsed",
            "rehearsing",
            "rehearsal",
            "rehearsals",
        ])
        .types(&["Rehearsal"])
        .modules(&["rehearse", "rehearsal"]),
    row("target")
        .types(&["Thing", "Things"])
        .modules(&["thing", "things"]),
    row("redact, delete; invalidate")
        .prose(&[
            "take out",
            "takes out",
            "took out",
            "taken out",
            "taking out",
            "forgets",
        ])
        .unless(&["who forgets", "nobody forgets", "somebody forgets"])
        .types(&["Forget", "Forgotten"])
        .modules(&["forget"]),
    row("I/O recovery, reverify")
        .prose(&["in doubt"])
        .unless(&["when in doubt", "if in doubt"])
        .types(&["Doubt"])
        .modules(&["doubt", "settle"]),
    row("encoding, format").types(&["Form"]).modules(&["form"]),
    row("reconcile, `ReconcileReport`")
        .prose(&["sweep", "sweeps", "swept", "sweeping"])
        .types(&["Sweep", "Swept"])
        .modules(&["sweep"]),
    row("checkpoint")
        .prose(&[
            "fold in",
            "folds in",
            "folded in",
            "folded into",
            "folding in",
            "fold the log",
            "folds the log",
            "folds the write",
            "folding the log",
        ])
        .types(&["Fold"])
        .modules(&["fold"]),
    row("`with_opener(…)`, borrow; undo, withdraw")
        .prose(&[
            "lend",
            "lends",
            "lent",
            "lending",
            "take back",
            "takes back",
            "took back",
            "taken back",
            "taking back",
        ])
        .types(&["Lent"])
        .modules(&["lend"]),
    row("day summary")
        .prose(&["glance", "glances"])
        .unless(&["at a glance"])
        .types(&["Glance"])
        .modules(&["glance"]),
    row("timeline")
        .prose(&[
            "the strip",
            "a strip",
            "its strip",
            "this strip",
            "one strip",
        ])
        .unless(&["a strip of pixels"])
        .types(&["Strip", "Lanes"])
        .modules(&["strip", "lanes"]),
    row("sensor supervisor, `SensorTask`")
        .types(&["Source"])
        .modules(&["keep"]),
    row("`EventSender`, `SensorContext`")
        .prose(&["outlet", "outlets"])
        .types(&["Outlet", "Post"])
        .modules(&["outlet", "post"]),
    row("WinEvents").types(&["Hear"]).modules(&["hear"]),
    row("notification")
        .prose(&["bubble", "bubbles"])
        .types(&["Bubble"])
        .modules(&["bubble", "bubbles"]),
    row("schedule, recovery kit")
        .prose(&["kit", "kits"])
        .unless(&["recovery kit", "recovery kits", "test kit", "tests' kit"])
        .types(&["Hours", "Kit"])
        .modules(&["hours", "kit"]),
    row("inspect, read, query")
        .prose(&["each look", "every look", "a look that", "the last look"])
        // A sentence of the consent notice.
        .unless(&["every look at the record is itself recorded"])
        .types(&["Look"])
        .modules(&["look"]),
    row("restarted, again").prose(&["anew"]),
    row("acknowledged").prose(&[
        "sink has it",
        "sink has them",
        "bucket has it",
        "bucket has them",
        "store has it",
    ]),
    row("not recorded (the wire word stays: `blind`)")
        .prose(&["blind"])
        .unless(&["low battery blind"]),
    row("checks").prose(&["house rule", "house rules"]),
    row("nothing: delete a line that only fills the lint").prose(&["as there ."]),
];
