//! Readers of settings and of requests: text of a person, and messages of another process of uam.

use super::target::{FuzzTarget, read_text, write_input};
use protocol::{MAX_REQUEST_BYTES, Request, Response, ViewTicket};
use settings::{EnvVars, Settings};
use std::path::Path;

pub(super) fn settings_file() -> FuzzTarget {
    FuzzTarget {
        name: "config.toml",
        share: 1,
        seeds: vec![
            include_bytes!(
                "../../../../../crates/uam/tests/configs/valid/all-settings/config.toml"
            )
            .to_vec(),
            include_bytes!(
                "../../../../../crates/uam/tests/configs/valid/rules-as-tables/config.toml"
            )
            .to_vec(),
        ],
        words: &[
            b"[record]\n",
            b"[exclude]\n",
            b"[[exclude.rules]]\n",
            b"idle_seconds = ",
            b"hours = [",
            b"\"mon-fri 09:00-17:00\"",
            b"title = \"*a*\"",
            b"\"\"\"",
            b"1979-05-27T07:32:00Z",
        ],
        read: Box::new(|input| {
            drop(Settings::parse(&read_text(input), Path::new("config.toml")));
        }),
    }
}

pub(super) fn env_file(dir: &Path) -> FuzzTarget {
    let dir = dir.to_owned();
    FuzzTarget {
        name: ".env",
        share: 1,
        seeds: vec![
            b"S3_BUCKET_NAME=my-bucket\nAWS_ACCESS_KEY_ID='AKIA'\nAWS_SECRET_ACCESS_KEY=\"a\\nb$X${Y}\"\n".to_vec(),
            b"# notes\nexport AWS_REGION=eu-west-3 # here\nS3_PREFIX=\nAWS_ENDPOINT_URL=http://127.0.0.1:9000\n"
                .to_vec(),
        ],
        words: &[b"export ", b"S3_BUCKET_NAME=", b"\\$", b"${S3_PREFIX}", b"='", b"=\""],
        read: Box::new(move |input| {
            if let Some(file) = write_input(&dir, ".env", input) {
                let mut found = EnvVars {
                    values: Default::default(),
                    files: Vec::new(),
                };
                drop(found.read_file(&file));
            }
        }),
    }
}

pub(super) fn destination_url() -> FuzzTarget {
    FuzzTarget {
        name: "destination",
        share: 1,
        seeds: [
            "s3://bucket/a/prefix",
            "file:///home/somebody/sent",
            "/home/somebody/sent",
            "http://127.0.0.1:9000/",
            "https://user:password@[::1]:9000/a?b#c",
        ]
        .map(|url| url.as_bytes().to_vec())
        .to_vec(),
        words: &[
            b"s3://", b"file://", b"http://", b"@", b"[::1]", b":0", b"?",
        ],
        read: Box::new(|input| {
            let text = read_text(input);
            let get = |name: &str| match name {
                upload::vars::SECRET_KEY | upload::vars::ACCESS_KEY => Some("a".to_owned()),
                _ => Some(text.to_string()),
            };
            drop(upload::Destination::resolve(
                Some(&text),
                &get,
                Path::new("/a"),
            ));
            drop(upload::Destination::resolve(None, &get, Path::new("/a")));
        }),
    }
}

pub(super) fn requests() -> FuzzTarget {
    FuzzTarget {
        name: "socket questions",
        share: 1,
        seeds: [
            "{\"ask\":\"status\"}\n",
            "{\"ask\":\"pause\",\"length\":{\"for\":60}}\n",
            "{\"ask\":\"note\",\"notices\":[[\"access\",\"somebody looked\"]]}\n",
            concat!(
                "{\"ask\":\"take-out\",\"wish\":{\"wish\":\"time\",\"from_us\":1,\"to_us\":2},",
                "\"rehearsal\":true,\"key\":\"AGE-SECRET-KEY-1\"}\n"
            ),
            "{\"ask\":\"take-out\",\"wish\":{\"wish\":\"erase\",\"first\":20000,\"last\":20001},\"rehearsal\":false}\n",
            "{\"ask\":\"attach\",\"key\":\"AGE-SECRET-KEY-1\"}\n",
            "{\"ask\":\"look\",\"ticket\":\"00ff\",\"after\":7}\n",
            "{\"ask\":\"show\",\"ticket\":\"00ff\",\"from\":3,\"step\":\"older\"}\n",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec(),
        words: &[b"\"ask\":\"", b"\"wish\":{", b"\"shot\",\"seq\":", b"\"reload\"", b"\"pack\""],
        read: Box::new(|input| {
            if let Ok(request) = protocol::read_line::<Request>(input, MAX_REQUEST_BYTES) {
                let _ = format!("{request:?}");
                drop(serde_json::to_vec(&request));
            }
        }),
    }
}

/// The reply to an attached view.
const SCENE: &str = "{\"ok\":true,\"text\":\"\",\"scene\":{\"status\":{\"version\":\"0.1.0\",\"pid\":1,\"data_dir\":\"/d\",\
    \"zone\":\"UTC\",\"state\":\"active\",\"since_us\":1,\"protected\":false,\"window\":{\"app\":\"a\",\"exe\":\"\",\"title\":\"t\"},\
    \"span_counts\":{},\"today_counts\":{},\"today\":[{\"state\":\"idle\",\"us\":9}],\"last_durable_us\":1,\"outbox\":\
    {\"records\":1,\"shots\":0,\"bytes\":2},\"destination\":\"d\",\"last_upload\":null,\"next_upload_us\":null,\
    \"last_shot_us\":null,\"next_shot_us\":null,\"idle_us\":null,\"paused_until_us\":null,\"hours\":null,\"power\":null,\
    \"missing\":[]},\"glance\":{\"from_us\":0,\"slots\":[{\"states\":[1,2,0,0,0,0,0,0],\"input_s\":3}],\"apps\":[{\"app\":\"a\",\
    \"title\":\"\",\"us\":5}],\"windows\":[]},\"lines\":[{\"at_us\":1,\"zone\":\"UTC\",\"word\":{\"state\":\"active\"},\"text\":\"x\",\
    \"detail\":\"\",\"dur_us\":4}],\"last\":1,\"newest\":null,\"removals\":0}}\n";

pub(super) fn replies() -> FuzzTarget {
    let request = Request::View {
        ticket: ViewTicket::new("00ff"),
        after_line: 0,
    };
    debug_assert!(matches!(
        protocol::read_response(SCENE.as_bytes(), &request),
        Ok(Response::View(_))
    ));
    FuzzTarget {
        name: "socket replies",
        share: 1,
        seeds: [
            "{\"ok\":true,\"text\":\"done\"}\n",
            "{\"ok\":false,\"text\":\"no\",\"told\":{\"spans\":1,\"shots\":2,\"records\":3,\"closed\":0,\"objects\":\
             [{\"name\":\"raw/v1/a\",\"whole\":true,\"picture\":false}],\"needs_key\":false,\"unfolded\":false,\
             \"aside\":[\"/a\"],\"first_us\":5}}\n",
            "{\"ok\":true,\"text\":\"\",\"picture\":{\"seq\":3,\"place\":1,\"of\":2,\"at_us\":5,\"blurred\":true,\"bytes\":\"AAEC\"}}\n",
            SCENE,
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec(),
        words: &[b"\"told\":{", b"\"status\":{", b"\"ok\":", b"\"objects\":["],
        read: Box::new(move |input| {
            if let Ok(response) = protocol::read_response(input, &request) {
                // As a view uses it.
                if let Response::View(view) = &response {
                    drop((view.day_summary.top_apps(9), view.day_summary.top_windows(9)));
                    view.lines.iter().for_each(|line| drop(line.to_plain_text(80)));
                }
                drop(protocol::write_response(&mut Vec::new(), response));
            }
        }),
    }
}
