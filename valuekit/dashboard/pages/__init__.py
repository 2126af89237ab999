"""The pages, one file each; their questions are in the `.sql` file of the same name."""
