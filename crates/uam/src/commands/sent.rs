//! `uam sent`: what left this computer, by the journal's own account; and the very objects, fetched, checked and opened.

use super::{Home, shots};
use crate::access::{self, Access};
use crate::cli::SentArgs;
use crate::output;
use crate::yours::words;
use anyhow::Context;
use journal::{ManifestInfo, ObjectEncoding, Reader, UploadedObjectInfo, open_segment};
use model::{ErrorKind, UserError};
use platform::timezone::current_zone_name;
use serde::Serialize;
use std::process::ExitCode;
use upload::{ObjectStoreSink, Sink, object_keys, sha256_hex};
use vault::Opener;

/// Lines read at once.
const BATCH: usize = 1000;

/// One object; what `uam sent --json` prints of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Item {
    /// Its name, without the destination's prefix.
    name: String,
    /// `activity`, `shot`, `vault` or `manifest`.
    kind: &'static str,
    /// How many records it holds.
    records: u64,
    /// Number of its first record; of a recovery kit the number of the copy.
    first_seq: u64,
    /// Number of its last record.
    last_seq: u64,
    /// Size in bytes.
    bytes: u64,
    /// SHA-256 of it, 64 lower-case hex digits.
    sha256: String,
    /// When the sink acknowledged it, in microseconds since the Unix epoch (UTC), where that is known.
    sent_us: Option<i64>,
    /// False when a put was begun and its answer never came.
    certain: bool,
    /// True when its bytes are sealed.
    sealed: bool,
    /// True for a picture that is not here any more.
    gone: bool,
    #[serde(skip)]
    form: ObjectEncoding,
}

/// What an object turned out to be.
enum Opened {
    Lines(Vec<u8>),
    Picture(Vec<u8>),
}

pub(super) fn run(home: &Home, args: &SentArgs) -> anyhow::Result<ExitCode> {
    super::recorded(home)?;
    let access = access::open(home, "what was sent")?;
    let reader = access.reader(home)?;
    let items = items(&reader)?;
    if let Some(name) = &args.show {
        return show(home, &access, &reader, named(&items, name)?, args);
    }
    if args.all {
        return all(home, &access, &reader, &items);
    }
    for item in &items {
        match args.json {
            true => output::line(&serde_json::to_string(item)?),
            false => output::line(&item.describe(&current_zone_name())),
        }
    }
    if items.is_empty() && !args.json {
        output::line("Nothing left this computer.");
    }
    Ok(ExitCode::SUCCESS)
}

/// By the journal's rows: nobody else is asked.
fn items(reader: &Reader) -> anyhow::Result<Vec<Item>> {
    let mut items = Vec::new();
    if let Some(kit) = reader.uploaded_vault_copy()? {
        let sha256 = sha256_hex(&kit.bytes);
        items.push(Item {
            name: object_keys::vault_copy_key(
                reader.device(),
                reader.epoch(),
                kit.day,
                kit.seq,
                &sha256,
            ),
            kind: "vault",
            records: 0,
            first_seq: kit.seq,
            last_seq: kit.seq,
            bytes: kit.bytes.len() as u64,
            sha256,
            sent_us: None,
            certain: true,
            sealed: false,
            gone: false,
            form: ObjectEncoding::Readable,
        });
    }
    reader.for_each_uploaded(&mut |sent| items.push(item(reader, sent)))?;
    reader.for_each_manifest(&mut |manifest| items.push(list_of(reader, manifest)))?;
    Ok(items)
}

/// The newest objects, newest first, for the page.
pub(super) fn newest(reader: &Reader, limit: usize) -> anyhow::Result<Vec<web::UploadedObjectRow>> {
    let mut items = items(reader)?;
    items.sort_by_key(|item| std::cmp::Reverse((item.sent_us, item.last_seq)));
    items.truncate(limit);
    let told = items.into_iter().map(|item| web::UploadedObjectRow {
        name: item.name,
        kind: item.kind,
        records: item.records,
        bytes: item.bytes,
        sent_us: item.sent_us,
        certain: item.certain,
        sealed: item.sealed,
    });
    Ok(told.collect())
}

fn item(reader: &Reader, sent: UploadedObjectInfo) -> Item {
    let object = sent.object;
    Item {
        name: object_keys::uploaded_key(reader.device(), reader.epoch(), &object),
        kind: match object.media {
            Some(_) => "shot",
            None => "activity",
        },
        records: sent.count,
        first_seq: object.first_seq,
        last_seq: object.last_seq,
        bytes: sent.bytes,
        sha256: object.sha256,
        sent_us: sent.acked_us,
        certain: object.certain,
        sealed: object.form != ObjectEncoding::Readable,
        gone: sent.gone,
        form: object.form,
    }
}

fn list_of(reader: &Reader, manifest: ManifestInfo) -> Item {
    let ManifestInfo {
        no,
        day,
        sha256,
        bytes,
        at_us,
        acked,
    } = manifest;
    Item {
        name: object_keys::manifest_key(reader.device(), reader.epoch(), day, no, &sha256),
        kind: "manifest",
        records: 0,
        first_seq: no,
        last_seq: no,
        bytes,
        sha256,
        sent_us: acked.then_some(at_us),
        certain: acked,
        sealed: false,
        gone: false,
        form: ObjectEncoding::Readable,
    }
}

impl Item {
    fn describe(&self, zone: &str) -> String {
        let when = match (self.certain, self.sent_us) {
            (false, _) => "begun, never confirmed".to_owned(),
            (true, Some(at)) => words::moment(at, zone),
            (true, None) => "sent".to_owned(),
        };
        let what = match self.kind {
            "vault" => "recovery kit (keys, wrapped)".to_owned(),
            "manifest" => format!("list {} of what was sent, signed", self.first_seq),
            "shot" => format!("picture {}", self.first_seq),
            _ => format!("records {} to {}", self.first_seq, self.last_seq),
        };
        let sealed = match (self.kind, self.sealed) {
            ("vault" | "manifest", _) => "",
            (_, true) => ", sealed",
            (_, false) => ", READABLE",
        };
        let gone = if self.gone { ", no longer here" } else { "" };
        format!(
            "{}\n    {when}, {}, {what}{sealed}{gone}\n    SHA-256 {}",
            self.name,
            report::text::format_bytes(self.bytes),
            self.sha256
        )
    }
}

/// The one object of this name, or whose name ends so.
fn named<'a>(items: &'a [Item], name: &str) -> anyhow::Result<&'a Item> {
    let mut found = items
        .iter()
        .filter(|i| i.name == name || i.name.ends_with(name));
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item),
        (Some(_), Some(_)) => Err(UserError::usage(
            format!(
                "several objects are called like \"{}\"",
                model::to_printable(name, 200)
            ),
            "Give more of the name; `uam sent` lists them.",
        )
        .into()),
        (None, _) => Err(UserError::usage(
            format!(
                "nothing of the name \"{}\" was sent",
                model::to_printable(name, 200)
            ),
            "`uam sent` lists the names.",
        )
        .into()),
    }
}

/// The object as it lies where it was sent, checked and opened.
fn fetched(sink: &dyn Sink, item: &Item, opener: &Opener) -> Result<Opened, Trouble> {
    let body = match sink.get(&item.name) {
        Ok(Some(body)) => body,
        Ok(None) => return Err(Trouble::Away("it is not there (any more)".to_owned())),
        Err(e) => return Err(Trouble::Away(e.to_string())),
    };
    if sha256_hex(&body) != item.sha256 {
        return Err(Trouble::Different);
    }
    let wrong = |e: String| Trouble::Closed(e);
    match (item.kind, item.form) {
        ("activity", form) => {
            let opened = open_segment(form, &body, opener).map_err(|e| wrong(e.to_string()))?;
            match opened.damaged.first() {
                Some(row) => Err(wrong(format!("row {}: {}", row.seq, row.why))),
                None => Ok(Opened::Lines(opened.lines)),
            }
        }
        ("shot", ObjectEncoding::Age) => opener
            .open_file(&body)
            .map(|plain| Opened::Picture(plain.to_vec()))
            .map_err(|e| wrong(e.to_string())),
        ("shot", ObjectEncoding::Readable) => Ok(Opened::Picture(body.to_vec())),
        ("shot", ObjectEncoding::Rows) => Err(wrong("screenshots have no such form".to_owned())),
        _ => Ok(Opened::Lines(body.to_vec())),
    }
}

/// Why an object was not shown from where it was sent.
enum Trouble {
    /// It may not or cannot be read.
    Away(String),
    /// Its content is another one.
    Different,
    /// It is the right one and does not open.
    Closed(String),
}

impl Trouble {
    fn words(&self) -> String {
        match self {
            Self::Away(why) | Self::Closed(why) => why.clone(),
            Self::Different => {
                "ITS CONTENT IS NOT WHAT WAS SENT: its SHA-256 is not the journal's".to_owned()
            }
        }
    }
}

/// The same from the journal.
fn kept(reader: &Reader, item: &Item) -> anyhow::Result<Opened> {
    match item.kind {
        "shot" => Ok(Opened::Picture(reader.open_screenshot(item.first_seq)?)),
        "manifest" => anyhow::bail!("once it is sent the journal keeps its hash alone"),
        "vault" => Ok(Opened::Lines(
            reader
                .uploaded_vault_copy()?
                .map(|kit| kit.bytes)
                .unwrap_or_default(),
        )),
        _ => {
            let mut lines = Vec::new();
            let mut after = item.first_seq.saturating_sub(1);
            loop {
                let found = reader.read_raw_lines(after, BATCH)?;
                let Some((last, _)) = found.last() else {
                    break;
                };
                after = *last;
                for (_, line) in found.iter().take_while(|(seq, _)| *seq <= item.last_seq) {
                    lines.extend_from_slice(line);
                    lines.push(b'\n');
                }
                if after >= item.last_seq {
                    break;
                }
            }
            Ok(Opened::Lines(lines))
        }
    }
}

/// An object, with a line that says where it is from. The second is true when it is what was sent.
fn found(
    sink: &anyhow::Result<ObjectStoreSink>,
    access: &Access,
    reader: &Reader,
    item: &Item,
) -> (String, anyhow::Result<Opened>, bool) {
    let opener = access.vault.viewer_opener(&access.identity);
    let fetched = match sink {
        Ok(sink) => fetched(sink, item, &opener),
        Err(e) => Err(Trouble::Away(format!("{e:#}"))),
    };
    match fetched {
        Ok(opened) => (
            format!(
                "# {}: as it lies where it was sent; its SHA-256 is the journal's",
                item.name
            ),
            Ok(opened),
            true,
        ),
        Err(trouble) => (
            format!(
                "# {}: FROM THE JOURNAL, as it is here now, not from where it was sent: {}",
                item.name,
                model::to_printable(&trouble.words(), 400)
            ),
            kept(reader, item),
            matches!(trouble, Trouble::Away(_)),
        ),
    }
}

fn show(
    home: &Home,
    access: &Access,
    reader: &Reader,
    item: &Item,
    args: &SentArgs,
) -> anyhow::Result<ExitCode> {
    let (head, opened, as_sent) = found(&settings::open_sink(&home.paths), access, reader, item);
    output::err(&format!("{head}\n"));
    let opened = opened.context("nor can it be read from the journal")?;
    match (opened, &args.save) {
        (Opened::Lines(bytes) | Opened::Picture(bytes), Some(file)) => {
            std::fs::write(file, bytes)
                .with_context(|| format!("cannot write {}", file.display()))?;
            output::line(&format!("Saved {}", file.display()));
        }
        (Opened::Lines(lines), None) => output::out(&String::from_utf8_lossy(&lines)),
        (Opened::Picture(picture), None) => shots::draw(&picture, args.protocol)?,
    }
    Ok(match as_sent {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn all(home: &Home, access: &Access, reader: &Reader, items: &[Item]) -> anyhow::Result<ExitCode> {
    let sink = settings::open_sink(&home.paths);
    let mut wrong = 0_u64;
    for item in items {
        let (head, opened, as_sent) = found(&sink, access, reader, item);
        output::line(&head);
        wrong += u64::from(!as_sent);
        match opened {
            Ok(Opened::Lines(lines)) => output::out(&String::from_utf8_lossy(&lines)),
            Ok(Opened::Picture(picture)) => output::line(&format!(
                "# a picture of {}; uam sent --show shows it",
                report::text::format_bytes(picture.len() as u64)
            )),
            Err(e) => output::line(&format!("# nor from the journal: {e:#}")),
        }
    }
    if wrong > 0 {
        return Err(UserError::new(
            ErrorKind::Failed,
            format!(
                "{} not what was sent, or cannot be opened",
                report::text::format_count(wrong, "object is", "objects are")
            ),
            "They are marked above.",
        )
        .into());
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use upload::NewObject;
    use vault::{Identity, seal_for};

    fn item(name: &str, kind: &'static str, form: ObjectEncoding, body: &[u8]) -> Item {
        Item {
            name: name.to_owned(),
            kind,
            records: 1,
            first_seq: 1,
            last_seq: 3,
            bytes: body.len() as u64,
            sha256: sha256_hex(body),
            sent_us: Some(1_790_000_000_000_000),
            certain: true,
            sealed: form != ObjectEncoding::Readable,
            gone: false,
            form,
        }
    }

    #[test]
    fn a_changed_object_is_never_shown_as_what_was_sent() {
        let key = Identity::generate();
        let opener = Opener::new([key.clone()]);
        let body = seal_for(&[key.recipient()], b"picture").unwrap();
        let sink = ObjectStoreSink::memory().unwrap();
        let right = item("a", "shot", ObjectEncoding::Age, &body);
        assert!(matches!(
            fetched(&sink, &right, &opener),
            Err(Trouble::Away(_))
        ));
        sink.put_new(&NewObject::new("a", body.clone())).unwrap();
        let opened = fetched(&sink, &right, &opener);
        assert!(matches!(opened, Ok(Opened::Picture(p)) if p == b"picture"));
        let other = item("a", "shot", ObjectEncoding::Age, b"other");
        assert!(matches!(
            fetched(&sink, &other, &opener),
            Err(Trouble::Different)
        ));
        let stranger = Opener::new([Identity::generate()]);
        assert!(matches!(
            fetched(&sink, &right, &stranger),
            Err(Trouble::Closed(_))
        ));
    }

    #[test]
    fn a_name_may_be_its_end_but_only_of_one() {
        let items = [
            item("raw/a-1.age", "shot", ObjectEncoding::Age, b"1"),
            item("raw/b-1.age", "activity", ObjectEncoding::Readable, b"2"),
        ];
        assert_eq!(named(&items, "a-1.age").unwrap().name, "raw/a-1.age");
        assert!(named(&items, "1.age").is_err());
        assert!(named(&items, "c").is_err());
        assert!(items[1].describe("UTC").contains("READABLE"));
    }
}
