-- The models behind the values.

-- step: models
SELECT * FROM value_models ORDER BY stated, model

-- step: parameters
SELECT model, parameter, position, estimate, standard_error FROM model_parameters ORDER BY model, position

-- step: retention
SELECT model, renewal, at_risk, kaplan_meier, lower, upper, expected
FROM retention_checks
WHERE renewal <= $most
ORDER BY model, renewal

-- step: costs
SELECT function, model, note, customers, own_months FROM cost_models ORDER BY function
