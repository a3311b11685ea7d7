//! Which windows are never named and never pictured.

use model::Window;
use serde::{Deserialize, Serialize};

/// A rule: every part that is given must match. Matching ignores case and looks for whole words, so `bank` matches
/// "My Bank – Log in" but not "Riverbank"; a `*` at either end of the pattern lifts that border (`keepass*`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Pattern for the application's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Pattern for the executable's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Pattern for the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// No part given: it would match every window.
    #[error("exclusion rule {0} is empty: give `app`, `exe` or `title`")]
    Empty(usize),
    /// A pattern without a letter: it would match every window.
    #[error(
        "exclusion rule {0} has a pattern without a single letter or digit: write the word to look for"
    )]
    Blank(usize),
}

/// A compiled set of rules.
#[derive(Clone, Debug, Default)]
pub struct Exclusions {
    rules: Vec<Compiled>,
}

#[derive(Clone, Debug)]
struct Compiled {
    app: Option<Pattern>,
    exe: Option<Pattern>,
    title: Option<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    needle: String,
    open_start: bool,
    open_end: bool,
}

/// Programs that hold secrets, and screens that ask for one.
const DEFAULT_APPS: &[&str] = &[
    "keepass*",
    "bitwarden*",
    "1password*",
    "lastpass*",
    "dashlane*",
    "enpass*",
    "proton pass",
    "nordpass",
    "roboform",
    "keeper password manager",
    "seahorse",
    "kwalletmanager*",
    "password safe",
    "pinentry*",
    "polkit*",
    "gcr-prompter",
    "i3lock",
    "xscreensaver*",
    "light-locker*",
    "gnome-screensaver",
    "swaylock",
    "slock",
    "lockapp",
    "logonui",
    "credential manager ui host",
];

/// Private browsing as browsers write it in their titles, in the common languages.
const DEFAULT_PRIVATE: &[&str] = &[
    "private browsing",
    "incognito",
    "inprivate",
    "private window",
    "navigation privée",
    "fenêtre privée",
    "privater modus",
    "privates fenster",
    "inkognito*",
    "navegación privada",
    "modo incógnito",
    "de incógnito",
    "navegação privada",
    "navegação anônima",
    "navigazione anonima",
    "navigazione in incognito",
    "privénavigatie",
    "privénavigeren",
    "privat browsing",
    "privat surfning",
    "yksityinen selaus",
    "prywatne przeglądanie",
    "tryb prywatny",
    "anonymní",
    "приватный просмотр",
    "инкогнито",
    "приватний перегляд",
    "gizli pencere",
    "gizli gezinti",
    "隐私浏览",
    "无痕",
    "無痕",
    "私密瀏覽",
    "プライベートブラウズ",
    "プライベートブラウジング",
    "シークレット",
    "사생활 보호",
    "시크릿",
];

/// Money and health: words that a title shows when nobody else should look.
const DEFAULT_WORDS: &[&str] = &[
    "online banking",
    "internet banking",
    "netbanking",
    "bank",
    "banking",
    "banque",
    "banco",
    "banca",
    "sparkasse",
    "onlinebanking",
    "paypal",
    "credit card",
    "kreditkarte",
    "tax return",
    "steuererklärung",
    "health record",
    "patient portal",
    "mychart",
    "patientenakte",
    "medical record",
    "doctolib",
    "psychotherap*",
    "krankenkasse",
    "password",
    "passwort",
    "mot de passe",
    "contraseña",
];

impl Rule {
    fn of_app(pattern: &str) -> Self {
        Self {
            app: Some(pattern.to_owned()),
            ..Self::default()
        }
    }

    fn of_title(pattern: &str) -> Self {
        Self {
            title: Some(pattern.to_owned()),
            ..Self::default()
        }
    }

    /// The rules every installation begins with: password managers, lock screens and credential prompts by name;
    /// private-browsing windows, banking and health words by title. A help against mishaps, not a promise: a page
    /// whose title says nothing is not recognised.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let apps = DEFAULT_APPS.iter().map(|p| Self::of_app(p));
        let titles = DEFAULT_PRIVATE
            .iter()
            .chain(DEFAULT_WORDS)
            .map(|p| Self::of_title(p));
        apps.chain(titles).collect()
    }
}

impl Exclusions {
    /// Compiles `rules`.
    ///
    /// # Errors
    /// [`BadRule`] names the first rule (from 1) that would match every window.
    pub fn new(rules: &[Rule]) -> Result<Self, BadRule> {
        let compile = |n: usize, text: &Option<String>| -> Result<Option<Pattern>, BadRule> {
            text.as_deref()
                .map(|t| Pattern::new(t).ok_or(BadRule::Blank(n)))
                .transpose()
        };
        let mut compiled = Vec::with_capacity(rules.len());
        for (i, rule) in rules.iter().enumerate() {
            let n = i + 1;
            let c = Compiled {
                app: compile(n, &rule.app)?,
                exe: compile(n, &rule.exe)?,
                title: compile(n, &rule.title)?,
            };
            if c.app.is_none() && c.exe.is_none() && c.title.is_none() {
                return Err(BadRule::Empty(n));
            }
            compiled.push(c);
        }
        Ok(Self { rules: compiled })
    }

    /// The number (from 1) of the first rule that names this window.
    #[must_use]
    pub fn matching(&self, window: &Window) -> Option<usize> {
        let app = window.app.to_lowercase();
        let exe = window.exe.to_lowercase();
        let title = window.title.to_lowercase();
        let fits = |p: &Option<Pattern>, text: &str| p.as_ref().is_none_or(|p| p.is_in(text));
        self.rules
            .iter()
            .position(|r| fits(&r.app, &app) && fits(&r.exe, &exe) && fits(&r.title, &title))
            .map(|i| i + 1)
    }
}

impl Pattern {
    fn new(text: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase();
        let open_start = lower.starts_with('*');
        let open_end = lower.ends_with('*');
        let needle = lower.trim_matches('*').to_owned();
        needle.chars().any(char::is_alphanumeric).then_some(Self {
            needle,
            open_start,
            open_end,
        })
    }

    fn is_in(&self, lower: &str) -> bool {
        lower.match_indices(&self.needle).any(|(at, found)| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + found.len()..].chars().next();
            (self.open_start || is_border(before, found.chars().next()))
                && (self.open_end || is_border(after, found.chars().next_back()))
        })
    }
}

/// Is there a word border between an outer and an inner character? Scripts that write without spaces (CJK, kana,
/// hangul with particles) have none to look for, so there any place counts.
fn is_border(outer: Option<char>, inner: Option<char>) -> bool {
    let spaceless = |c: char| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}');
    match (outer, inner) {
        (None, _) | (_, None) => true,
        (Some(o), Some(i)) => {
            !o.is_alphanumeric() || !i.is_alphanumeric() || spaceless(o) || spaceless(i)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn window(app: &str, title: &str) -> Window {
        Window {
            app: app.into(),
            exe: String::new(),
            title: title.into(),
        }
    }

    #[test]
    fn the_defaults_compile_and_hold_back_what_they_should() {
        let x = Exclusions::new(&Rule::defaults()).unwrap();
        for (app, title) in [
            ("KeePassXC", "Passwords.kdbx"),
            ("firefox", "Mozilla Firefox (Private Browsing)"),
            ("Google-chrome", "New Incognito tab - Google Chrome"),
            ("firefox", "Mozilla Firefox – Privater Modus"),
            ("firefox", "私密瀏覽 — Firefox"),
            ("firefox", "新しいプライベートブラウジングタブ"),
            ("chrome", "My Bank – Log in"),
            ("chrome", "MyChart - Test results"),
        ] {
            assert!(x.matching(&window(app, title)).is_some(), "{app}: {title}");
        }
        for (app, title) in [
            ("code", "riverbank.rs - Editor"),
            ("xterm", "vim main.rs"),
            ("Thunderbird", "Inbox"),
            ("firefox", "How to write a private function in Rust"),
        ] {
            assert_eq!(x.matching(&window(app, title)), None, "{app}: {title}");
        }
    }

    #[test]
    fn all_parts_of_a_rule_must_match() {
        let rule = Rule {
            app: Some("firefox".into()),
            title: Some("payroll*".into()),
            exe: None,
        };
        let x = Exclusions::new(&[rule]).unwrap();
        assert_eq!(x.matching(&window("Firefox", "Payrolls 2026")), Some(1));
        assert_eq!(x.matching(&window("Firefox", "News")), None);
        assert_eq!(x.matching(&window("Chrome", "Payrolls 2026")), None);
    }

    #[test]
    fn a_rule_that_would_hide_everything_is_refused() {
        assert_eq!(
            Exclusions::new(&[Rule::default()]).unwrap_err(),
            BadRule::Empty(1)
        );
        assert_eq!(
            Exclusions::new(&[Rule::of_title(" * ")]).unwrap_err(),
            BadRule::Blank(1)
        );
    }
}
