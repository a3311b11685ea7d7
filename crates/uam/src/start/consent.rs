//! The notice of the first run: what is recorded, who can read it, how long it is kept, and under whose keys. It is
//! agreed to once, recorded with its hash, and shown again whenever anything in it has changed.

use crate::config::{Config, WhenOld};
use crate::output;
use crate::paths::Paths;
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, UserError};
use vault::{Consent, Organisation};

/// Version of the wording. It rises when the words change; a change of the facts in it is seen by the hash.
pub(crate) const VERSION: u32 = 1;

/// What the notice says of this installation.
pub(crate) struct Facts<'a> {
    pub(crate) paths: &'a Paths,
    pub(crate) config: &'a Config,
    pub(crate) destination: &'a str,
    pub(crate) organisations: &'a [Organisation],
    /// False where nobody on this computer can read.
    pub(crate) viewer: bool,
}

impl Facts<'_> {
    /// The whole notice, as it is shown and hashed.
    pub(crate) fn text(&self) -> String {
        let hold = self.config.upload.hold_seconds.div_ceil(60);
        let mut lines = vec![
            "uam records your working day on this desktop, openly.".to_owned(),
            String::new(),
            "What: which window is in use and for how long (application, executable, title); how many keys and clicks"
                .to_owned(),
            "  there were, never which keys; now and then a picture of the active window, if you say so.".to_owned(),
            "  Never: what you type, the clipboard, sound, and windows of password managers, private browsing or"
                .to_owned(),
            "  whatever you exclude.".to_owned(),
            format!("Where: in {}", self.paths.data.display()),
            format!("  and sent to {}; nowhere else.", self.destination),
        ];
        if hold > 0 {
            lines.push(format!(
                "  Everything waits {hold} min before it is sent; until then you can look and remove."
            ));
        }
        lines.push(format!("Who can read it: {}.", self.readers()));
        lines.push(format!("  {}", self.sealing()));
        lines.push(format!("How long: {}.", self.retention()));
        lines.push(
            "Yours to do: `uam pause`, `uam stop`, `uam exclude`, `uam delete --last 10m`, `uam export`, `uam sent`,\n  `uam \
             erase`."
                .to_owned(),
        );
        lines.push("  Every look at the record is itself recorded, for you to see.".to_owned());
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }

    /// Whether what is sent can be read there.
    pub(crate) fn sealing(&self) -> &'static str {
        match self.config.upload.sealed() {
            true => "Everything is sealed under these keys, on this disk and where it is sent.",
            false => {
                "Until it is sent it is sealed under these keys.\n  WHERE IT IS SENT IT IS READABLE for whoever can read that place."
            }
        }
    }

    /// Who can read, in one line.
    pub(crate) fn readers(&self) -> String {
        let mut readers = Vec::new();
        if self.viewer {
            readers.push("you, on this computer, with a code and your key".to_owned());
        }
        for organisation in self.organisations {
            let name = model::to_printable(&organisation.name, 60);
            let end: String = organisation.key.chars().rev().take(8).collect();
            let end: String = end.chars().rev().collect();
            readers.push(format!("{name}, with their key (age1…{end})"));
        }
        readers.join("; ")
    }

    fn retention(&self) -> String {
        let shots = &self.config.shots;
        let then = match shots.when_old {
            WhenOld::Delete => "then they are deleted",
            WhenOld::Archive => "then they move to the archive",
        };
        format!(
            "pictures {} days or {} MB on this disk, {then}; times and counts until you erase\n  them. What was sent is kept \
             by the owner of that place",
            shots.keep_days, shots.keep_mb
        )
    }

    fn consent(&self, now_us: i64) -> Consent {
        Consent {
            version: VERSION,
            text_sha256: upload::sha256_hex(self.text().as_bytes()),
            at_us: now_us,
        }
    }
}

/// What was said about the notice.
pub(crate) enum Agreed {
    /// It is the same as the one agreed to before.
    Before,
    /// It was shown and agreed to now.
    Now(Consent),
}

/// Shows the notice unless the very same was agreed to before, and asks.
pub(crate) fn ask(
    facts: &Facts<'_>,
    before: Option<&Consent>,
    given: bool,
    now_us: i64,
) -> anyhow::Result<Agreed> {
    let consent = facts.consent(now_us);
    if let Some(before) = before {
        if before.version == consent.version && before.text_sha256 == consent.text_sha256 {
            return Ok(Agreed::Before);
        }
        output::line(
            "What uam tells you about the recording has changed since you agreed to it:\n",
        );
    }
    output::line(&facts.text());
    let agreed = given
        || Prompt::on_stdio()
            .ask_yes_no_explicit("Do you agree?")
            .context("cannot ask for your agreement")?;
    if agreed {
        return Ok(Agreed::Now(consent));
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "nothing is recorded without your agreement",
        "Nothing was changed. Start uam again whenever you like.",
    )
    .into())
}

/// The consent as it stands after the questions of the same start: what somebody changed a moment ago need not be shown
/// to them once more.
pub(crate) fn renewed(facts: &Facts<'_>, now_us: i64) -> Consent {
    facts.consent(now_us)
}
