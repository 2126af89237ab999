-- step: read_checked
-- The rows of all files of a source, in file order: typed columns, and the reasons of those that break the contract.
{checked}
