"""What the law says: the rule book, laws and citations, what an offence costs, what one act is, its calendar."""
