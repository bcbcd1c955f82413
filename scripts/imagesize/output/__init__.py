"""Reports as text: one module for each form, each with `write(report) -> str` over the document of `imagesize.report`."""
