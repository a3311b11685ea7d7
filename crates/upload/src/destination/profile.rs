//! Profiles in the files that Amazon's own tools share (`~/.aws/credentials` and `~/.aws/config`).
//!
//! Only keys that stand there are used. Keys that would have to be fetched first (a role to take on, a single sign-on, a
//! program to run) are refused with a hint, because guessing would sign with another key than meant.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use super::config_error::ConfigError;
use super::credentials::Credentials;
use super::secret::SecretText;
use super::variables::Variables;
use super::vars;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Such a file has a few lines for each profile; more than this is read of none.
const MAX_FILE: u64 = 1 << 20;

/// Settings of a profile that uam does not support, and their meaning.
const REFUSED: [(&str, &str); 6] = [
    ("role_arn", "takes on another role"),
    ("source_profile", "takes on another role"),
    ("sso_session", "signs in through a browser"),
    ("sso_start_url", "signs in through a browser"),
    ("login_session", "signs in through a browser"),
    ("credential_process", "runs a program for its keys"),
];

/// One profile, from both files.
#[derive(PartialEq, Eq)]
pub(super) struct AwsProfile {
    name: String,
    /// The file that holds its keys, or where they were looked for.
    file: PathBuf,
    values: BTreeMap<String, String>,
}

impl AwsProfile {
    /// The profile that is named; or `default`, where that one has keys or says how to get some.
    pub(super) fn read(given: &Variables<'_>) -> Result<Option<Self>, ConfigError> {
        let named = given.plain_value(vars::PROFILE)?;
        let name = named.clone().unwrap_or_else(|| "default".into());
        let home = given.trimmed(vars::HOME).map(PathBuf::from);
        let at = |var, file: &str| {
            given
                .trimmed(var)
                .map(PathBuf::from)
                .or_else(|| Some(home.as_ref()?.join(".aws").join(file)))
        };
        let mut values = BTreeMap::new();
        let mut file = None;
        // The keys' own file comes last, and so it wins.
        for (var, own_name, prefixed) in [
            (vars::CONFIG_FILE, "config", true),
            (vars::CREDENTIALS_FILE, "credentials", false),
        ] {
            let Some(path) = at(var, own_name) else {
                continue;
            };
            let found = read_text(&path, var, given.trimmed(var).is_some())?
                .map(|text| read_section(&text, &name, prefixed))
                .unwrap_or_default();
            let before = values.contains_key("aws_access_key_id");
            if found.contains_key("aws_access_key_id") || !before {
                file = Some(path);
            }
            values.extend(found);
        }
        let file = file.unwrap_or_else(|| "~/.aws/credentials".into());
        let profile = Self { name, file, values };
        if named.is_none() {
            let usable = profile.values.contains_key("aws_access_key_id")
                || profile.unsupported_setting().is_some();
            return Ok(usable.then_some(profile));
        }
        if profile.values.is_empty() {
            return Err(ConfigError::new(
                vars::PROFILE,
                format!(
                    "names the profile {}, which is not in {}",
                    profile.name,
                    profile.file.display()
                ),
                "Correct the name, or write the profile with its two keys into that file.",
            ));
        }
        Ok(Some(profile))
    }

    /// A setting such as `region`.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    fn unsupported_setting(&self) -> Option<(&'static str, &'static str)> {
        REFUSED
            .into_iter()
            .find(|(name, _)| self.values.contains_key(*name))
    }

    /// Its keys.
    pub(super) fn credentials(&self) -> Result<Credentials, ConfigError> {
        let (name, file) = (&self.name, self.file.display());
        if let Some((setting, what)) = self.unsupported_setting() {
            return Err(ConfigError::new(
                vars::PROFILE,
                format!("the profile {name} {what} ({setting}), which uam does not do"),
                format!(
                    "Choose a profile that holds keys itself, or set {} and {} (with {} where they are temporary).",
                    vars::ACCESS_KEY,
                    vars::SECRET_KEY,
                    vars::TOKEN
                ),
            ));
        }
        let get = |setting: &str| self.setting(setting).filter(|v| !v.is_empty());
        match (get("aws_access_key_id"), get("aws_secret_access_key")) {
            (Some(access_key), Some(secret_key)) => Ok(Credentials::Keys {
                access_key,
                secret_key: SecretText(secret_key),
                session_token: get("aws_session_token").map(SecretText),
                profile: Some(format!("the profile {name} in {file}")),
            }),
            _ => Err(ConfigError::new(
                vars::PROFILE,
                format!("the profile {name} in {file} does not hold both keys"),
                "Write aws_access_key_id and aws_secret_access_key there, or choose another profile.",
            )),
        }
    }
}

/// The file's text; a missing one is `None`, unless somebody named it.
fn read_text(path: &Path, var: &'static str, named: bool) -> Result<Option<String>, ConfigError> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(MAX_FILE).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound && !named => Ok(None),
        Err(e) => Err(ConfigError::new(
            var,
            format!("{} cannot be read ({e})", path.display()),
            "Make it a text file that this user can read, or name another.",
        )),
    }
}

/// The settings of one section. `prefixed`: in the file of settings a section is named `profile NAME`, but for `default`.
///
/// Takes any text. Indented lines belong to the setting above them, and none of those is of use here.
pub(super) fn read_section(text: &str, name: &str, prefixed: bool) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let line = line.trim();
        if let Some(title) = line.strip_prefix('[') {
            let title = title.split(']').next().unwrap_or_default().trim();
            inside = match title.split_once(char::is_whitespace) {
                Some(("profile", rest)) if prefixed => rest.trim_start() == name,
                _ => title == name && (!prefixed || name == "default"),
            };
        } else if inside && let Some((setting, value)) = line.split_once('=') {
            found.insert(setting.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_found_as_amazons_tools_find_them() {
        let text = "; c\n[default]\nregion = eu-west-1\ns3 =\n  region = no\n[profile work]\nRegion=eu-west-3\nx\n[work]\nregion=no\n[profilework]\nregion=no";
        let get = |name, prefixed| read_section(text, name, prefixed).remove("region");
        assert_eq!(get("default", true).as_deref(), Some("eu-west-1"));
        assert_eq!(get("work", true).as_deref(), Some("eu-west-3"));
        assert_eq!(get("work", false).as_deref(), Some("no"));
        assert_eq!(get("nobody", true), None);
        assert_eq!(
            read_section("[default\na=b=c\r\n", "default", false)["a"],
            "b=c"
        );
    }
}
