//! `uam config`: settings.

use super::{Home, retention, talk};
use crate::access;
use crate::cli::ConfigAction;
use crate::config::{self, Config};
use crate::environment::Environment;
use crate::output;
use std::process::ExitCode;

pub(super) fn run(home: &Home, action: Option<ConfigAction>) -> anyhow::Result<ExitCode> {
    let file = home.paths.config_file();
    match action.unwrap_or(ConfigAction::Show) {
        ConfigAction::Path => output::line(&file.display().to_string()),
        ConfigAction::Show => {
            let config = Config::load(&home.paths)?;
            let origin = if file.exists() {
                "from"
            } else {
                "defaults; a file would be"
            };
            output::line(&format!("# {origin} {}", file.display()));
            output::out(&config.to_toml()?);
        }
        ConfigAction::Check => {
            let config = Config::load(&home.paths)?;
            let environment = Environment::load(&home.paths)?;
            let destination = super::destination(home, &config, &environment)?;
            output::line(&format!(
                "The settings are sound. Records go to {}.",
                destination.describe()
            ));
            for remark in destination.remarks() {
                output::line(&remark);
            }
        }
        ConfigAction::Reload => return talk::reload(home),
        ConfigAction::Set { key, value } => {
            home.paths.create()?;
            let changes = [(key.as_str(), config::value(&value))];
            // A wrong one is refused before anybody is asked for anything.
            config::preview(&home.paths, &changes)?;
            // Not to what: a rule's words are nobody's business but its owner's.
            access::for_settings(home, &format!("The setting {key} was changed."))?;
            config::set(&home.paths, &changes)?;
            output::line(&format!("{key} = {value}"));
            if let Some(text) = retention::foretell(home)?.filter(|_| key.starts_with("shots.keep"))
            {
                output::line(&text);
            }
            // Of all settings the running instance takes these two sections while it runs.
            let at_once = key.starts_with("exclude.") || key.starts_with("schedule.");
            output::line(&if at_once {
                talk::reloaded(home)?
            } else if key.starts_with("report.") {
                "The next report takes it; the record stays as it is.".to_owned()
            } else {
                "It holds from the next start on.".to_owned()
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}
