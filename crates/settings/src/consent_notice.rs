//! The notice that a person agrees to before anything is recorded: data, destination, readers, retention.
//!
//! Always true: the notice depends on the settings marked `consent=yes` in `default.toml` and on no others, for every
//! change of its text asks everybody to agree again.

use crate::policy::Policy;
use journal::retention::RetentionAction;

/// Version of the wording. It rises when the words change; the hash shows a change of the facts.
pub const WORDING_VERSION: u32 = 2;

/// Columns of the notice: it fits a terminal of 80.
const WIDTH: usize = 79;

/// Columns of the labels at the left.
const LABEL: usize = 13;

/// The notice as it is shown and agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentNotice {
    /// The whole text, with a line end after each line.
    pub text: String,
    /// SHA-256 of the text, 64 lower-case hex digits.
    pub sha256: String,
    /// [`WORDING_VERSION`].
    pub version: u32,
}

impl ConsentNotice {
    /// The notice of this policy.
    pub fn of(policy: &Policy) -> Self {
        let text = format_notice(policy);
        Self {
            sha256: upload::sha256_hex(text.as_bytes()),
            text,
            version: WORDING_VERSION,
        }
    }
}

fn format_notice(policy: &Policy) -> String {
    let hold = policy.upload.hold.as_secs().div_ceil(60);
    let mut uploaded = format!("{}, and nowhere else.", policy.destination.describe());
    if hold > 0 {
        uploaded.push_str(&format!(
            "\nEverything waits {hold} min first; until then you can delete it."
        ));
    }
    let readers = format!(
        "{}.\n{}",
        policy.readers.list(),
        policy.upload.describe_sealing()
    );
    let paragraphs = [
        (
            "Recorded",
            "The window in use and for how long (application, executable, title); how many keys and clicks, never \
             which; screenshots of the active window, if you say yes.",
        ),
        (
            "Never",
            "What you type, the clipboard, sound; windows of password managers, private browsing, and whatever you \
             exclude.",
        ),
        ("Stored in", &policy.data_dir.display().to_string()),
        ("Uploaded to", &uploaded),
        ("Readable by", &readers),
        ("Kept", &describe_retention(policy)),
        (
            "Your rights",
            "uam pause, uam stop, uam exclude, uam delete --last 10m,\nuam export, uam sent, uam erase. Every access to \
             the record is itself recorded, for you to see.",
        ),
    ];
    let mut text = "uam records your working day on this desktop, openly.\n\n".to_owned();
    for (label, paragraph) in paragraphs {
        push_paragraph(&mut text, label, paragraph);
    }
    text
}

/// Appends a paragraph beside its label, in lines of at most [`WIDTH`] columns; a word is never broken.
fn push_paragraph(text: &mut String, label: &str, paragraph: &str) {
    let mut line = format!("{label:<LABEL$}");
    for part in paragraph.lines() {
        for word in part.split(' ') {
            let has_words = line.len() > LABEL;
            if has_words && line.chars().count() + 1 + word.chars().count() > WIDTH {
                text.push_str(&line);
                text.push('\n');
                line = " ".repeat(LABEL);
            } else if has_words {
                line.push(' ');
            }
            line.push_str(word);
        }
        text.push_str(&line);
        text.push('\n');
        line = " ".repeat(LABEL);
    }
}

fn describe_retention(policy: &Policy) -> String {
    let rule = &policy.retention;
    let then = match rule.action {
        RetentionAction::Delete => "then deleted",
        RetentionAction::Archive(_) => "then archived",
    };
    format!(
        "Screenshots for {} days, and at most {} MB of them, on this disk, {then}; times and counts until you erase \
         them. Uploads are kept by the owner of that storage.",
        rule.max_age_days,
        rule.max_bytes / 1_000_000
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::paths::AppPaths;
    use crate::policy::Readers;
    use crate::sections::{OldScreenshotAction, Settings};
    use crate::table::specs;
    use std::path::Path;
    use toml::Value;
    use upload::Destination;

    fn notice_of(settings: &Settings, readers: Readers) -> ConsentNotice {
        let paths = AppPaths {
            data: "/home/ada/uam".into(),
            ..AppPaths::under(Path::new("/home/ada"))
        };
        let url = settings.upload.destination.as_deref();
        let get = |name: &str| match name {
            upload::vars::ACCESS_KEY | upload::vars::SECRET_KEY => Some("key".to_owned()),
            upload::vars::REGION => Some("eu-west-3".to_owned()),
            _ => None,
        };
        let destination =
            Destination::resolve(url, &get, Path::new("/home/ada/uam/data/sent")).unwrap();
        ConsentNotice::of(&Policy::resolve(settings, destination, &paths, readers).unwrap())
    }

    fn sample() -> Settings {
        let mut settings = Settings::default();
        settings.upload.destination = Some("s3://team/uam".into());
        settings
    }

    /// Another hash asks everybody to agree again: that takes a new version of the wording.
    #[test]
    fn the_wording_keeps_its_hash() {
        let viewer = Readers::new(Some("age1viewer"), []);
        let notice = notice_of(&sample(), viewer);
        assert_eq!(notice.version, 2);
        assert!(notice.text.lines().all(|l| l.chars().count() <= WIDTH));
        assert_eq!(
            notice.sha256, "873c966b73811ec8d092d81461f47937eeec3e8f626772b93ff7d2e64d57ff8f",
            "{}",
            notice.text
        );
        let mut settings = sample();
        settings.upload.hold_seconds = 0;
        settings.upload.seal = Some(false);
        settings.shots.when_old = OldScreenshotAction::Archive;
        let both = Readers::new(
            Some("age1viewer"),
            [("Acme Ltd", "age1qqqqqqqqqqqqabcdefgh")],
        );
        let notice = notice_of(&settings, both);
        assert_eq!(
            notice.sha256, "db90ffae60b15771427e4d8a19dc03a39b3556e5a4a7c2775acd65a749ac8fb7",
            "{}",
            notice.text
        );
    }

    #[test]
    fn settings_marked_for_consent_change_the_notice_and_no_others() {
        let before = notice_of(&sample(), Readers::new(Some("age1viewer"), []));
        let text = toml::to_string(&sample()).unwrap();
        for spec in specs() {
            let mut table: toml::Table = text.parse().unwrap();
            let (section, name) = spec.key.split_once('.').unwrap();
            let section = table[section].as_table_mut().unwrap();
            section.insert(name.to_owned(), another_value(&spec.key, section.get(name)));
            let changed = toml::from_str(&table.to_string()).unwrap();
            let after = notice_of(&changed, Readers::new(Some("age1viewer"), []));
            assert_eq!(after != before, spec.consent, "{}", spec.key);
        }
        assert_ne!(
            notice_of(&sample(), Readers::default()),
            before,
            "the readers"
        );
    }

    fn another_value(key: &str, value: Option<&Value>) -> Value {
        match (key, value) {
            ("shots.archive_dir", _) => Value::String("/elsewhere".into()),
            ("shots.quality", _) => Value::String("small".into()),
            ("shots.when_old", _) => Value::String("archive".into()),
            ("upload.destination", _) => Value::String("s3://other/uam".into()),
            ("upload.seal", _) => Value::Boolean(false),
            ("upload.on_metered", _) => Value::String("send".into()),
            ("indicator.notify", _) => Value::String("all".into()),
            ("schedule.hours", _) => Value::Array(vec!["mon-fri 09:00-17:00".into()]),
            ("exclude.rules", _) => {
                "rules = [{ app = \"x\" }]".parse::<toml::Table>().unwrap()["rules"].clone()
            }
            ("report.day_starts", _) => Value::String("04:00".into()),
            (_, Some(Value::Integer(n))) => Value::Integer(n + 60),
            (_, Some(Value::Boolean(yes))) => Value::Boolean(!yes),
            _ => panic!("{key} needs another value"),
        }
    }
}
