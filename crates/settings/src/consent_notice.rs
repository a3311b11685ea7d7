//! The notice that a person agrees to before anything is recorded: data, destination, readers, retention.
//!
//! Always true: the notice depends on the settings marked `consent=yes` in `default.toml` and on no others, for every
//! change of its text asks everybody to agree again.

use crate::policy::Policy;
use journal::retention::RetentionAction;

/// Version of the wording. It rises when the words change; the hash shows a change of the facts.
pub const WORDING_VERSION: u32 = 1;

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
    let mut lines = vec![
        "uam records your working day on this desktop, openly.".to_owned(),
        String::new(),
        "What: which window is in use and for how long (application, executable, title); how many keys and clicks"
            .to_owned(),
        "  there were, never which keys; now and then a picture of the active window, if you say so.".to_owned(),
        "  Never: what you type, the clipboard, sound, and windows of password managers, private browsing or"
            .to_owned(),
        "  whatever you exclude.".to_owned(),
        format!("Where: in {}", policy.data_dir.display()),
        format!("  and sent to {}; nowhere else.", policy.destination.describe()),
    ];
    if hold > 0 {
        lines.push(format!(
            "  Everything waits {hold} min before it is sent; until then you can look and remove."
        ));
    }
    lines.push(format!("Who can read it: {}.", policy.readers.list()));
    lines.push(format!("  {}", policy.upload.describe_sealing()));
    lines.push(format!("How long: {}.", describe_retention(policy)));
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

fn describe_retention(policy: &Policy) -> String {
    let rule = &policy.retention;
    let then = match rule.action {
        RetentionAction::Delete => "then they are deleted",
        RetentionAction::Archive(_) => "then they move to the archive",
    };
    format!(
        "pictures {} days or {} MB on this disk, {then}; times and counts until you erase\n  them. What was sent is kept \
         by the owner of that place",
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
        assert_eq!(notice.version, 1);
        assert_eq!(
            notice.sha256, "eddfab35ce59e582867c7afdf2dcb6cf204cc9a20fa4e359963e103ff8bfb59f",
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
            notice.sha256, "ef577dc084c83ef18b90c02a1c90c628cef5f419e8d30146a572724a2262ff41",
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
