from hotloop.reference.rows.column_stats_dense import column_moments as column_moments
