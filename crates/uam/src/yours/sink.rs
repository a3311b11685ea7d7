//! The copies where things were sent.
//!
//! Always true: deleted are only objects that hold nothing else; a segment that other records lie in as well is named
//! and left, because deleting it would lose them there.

use crate::commands::{self, Home};
use anyhow::Context;
use protocol::AffectedObject;
use settings::{EnvVars, Settings};
use upload::{ObjectStoreSink, Sink, Timeouts};

/// What became of the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Copies {
    /// Names of those that are deleted, or were not there.
    pub(crate) deleted: Vec<String>,
    /// Names of those that stay, each with the reason.
    pub(crate) left: Vec<(String, String)>,
}

/// Opens the place where things are sent, as settings and environment name it now.
pub(crate) fn open(home: &Home) -> anyhow::Result<ObjectStoreSink> {
    let config = Settings::load(&home.paths)?;
    let environment = EnvVars::load(&home.paths)?;
    let destination = commands::destination(home, &config, &environment)?;
    upload::open_sink(&destination, Timeouts::default())
        .with_context(|| format!("cannot open {}", destination.describe()))
}

/// Deletes what may be deleted.
pub(crate) fn delete(home: &Home, objects: &[AffectedObject]) -> Copies {
    if objects.is_empty() {
        return Copies::default();
    }
    match settings::open_sink(&home.paths) {
        Ok(sink) => delete_in(&sink, objects),
        Err(e) => Copies {
            left: objects
                .iter()
                .map(|o| (o.name.clone(), format!("{e:#}")))
                .collect(),
            ..Copies::default()
        },
    }
}

fn delete_in(sink: &dyn Sink, objects: &[AffectedObject]) -> Copies {
    let mut copies = Copies::default();
    // A refusal holds for all of them: one is enough to know.
    let mut refused: Option<String> = None;
    for object in objects {
        let name = object.name.clone();
        if !object.is_exclusive {
            let why = "it holds other records too, which would be lost there";
            copies.left.push((name, why.to_owned()));
            continue;
        }
        if let Some(why) = &refused {
            copies.left.push((name, why.clone()));
            continue;
        }
        match sink.delete(&name) {
            Ok(()) => copies.deleted.push(name),
            Err(e) => {
                let why = format!("{e}. {}", e.hint());
                copies.left.push((name, why.clone()));
                refused = Some(why);
            }
        }
    }
    copies
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use upload::ObjectStoreSink;

    #[test]
    fn only_what_holds_nothing_else_is_deleted() {
        let sink = ObjectStoreSink::memory().unwrap();
        let object = |name: &str, is_exclusive| AffectedObject {
            name: name.to_owned(),
            is_exclusive,
            is_screenshot: is_exclusive,
        };
        let objects = [object("a", true), object("b", false), object("c", true)];
        for o in &objects[..2] {
            sink.put_new(&upload::NewObject::new(o.name.clone(), &b"x"[..]))
                .unwrap();
        }
        let copies = delete_in(&sink, &objects);
        // One that was never there is as good as deleted.
        assert_eq!(copies.deleted, ["a", "c"]);
        assert_eq!(copies.left.len(), 1);
        assert_eq!(copies.left[0].0, "b");
        assert_eq!(sink.get("a").unwrap(), None);
        assert!(sink.get("b").unwrap().is_some());
    }
}
