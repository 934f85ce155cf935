//! Upstreams that are directories.

use larder_modfetch::FetchErrorKind;
use tempfile::TempDir;

use crate::{
    fetcher, list,
    scripted::{Reply, Scripted},
    zip,
};

/// A directory that holds the list and the zip of the tests' module, and its URL.
fn directory() -> (TempDir, String) {
    let directory = TempDir::with_prefix("modules é").unwrap();
    let versions = directory.path().join("example.com/!mod/@v");
    fs_err::create_dir_all(&versions).unwrap();
    fs_err::write(versions.join("list"), "v1.0.0\n").unwrap();
    fs_err::write(versions.join("v1.0.0.zip"), vec![b'z'; 600_000]).unwrap();
    let url = format!("file://{}", directory.path().display());
    (directory, url)
}

#[tokio::test]
async fn a_directory_is_served_by_the_same_paths() {
    let (_directory, url) = directory();
    let fetcher = fetcher(&url);
    assert_eq!(fetcher.read(&list(), 7).await.unwrap().bytes, "v1.0.0\n");
    assert_eq!(fetcher.read(&list(), 6).await.unwrap_err().kind(), &FetchErrorKind::TooLarge);
    let mut arriving = fetcher.open(&zip()).await.unwrap();
    assert_eq!(arriving.len(), Some(600_000));
    let mut came = 0;
    while let Some(piece) = arriving.chunk().await.unwrap() {
        came += piece.len();
    }
    assert_eq!(came, 600_000);
    arriving.resume(599_999).await.unwrap();
    assert_eq!(arriving.chunk().await.unwrap().unwrap(), "z");
    assert!(arriving.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_missing_file_moves_on_and_one_that_is_no_file_does_not() {
    let (directory, url) = directory();
    let upstream = Scripted::always(Reply::new(200, "from afar"));
    let both = fetcher(&format!("{url},{}", upstream.url()));
    fs_err::remove_file(directory.path().join("example.com/!mod/@v/list")).unwrap();
    assert_eq!(both.read(&list(), 10).await.unwrap().bytes, "from afar");
    let error = fetcher(&url).read(&list(), 10).await.unwrap_err();
    assert!(error.is_not_found());
    assert!(error.to_string().contains("modules%20%C3%A9"), "{error}");
    fs_err::create_dir(directory.path().join("example.com/!mod/@v/list")).unwrap();
    let error = both.read(&list(), 10).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Upstream { status: 500, text: String::new() });
}
