"""Our API beside the leanest stack that does the same work, under the same load in one run."""
