curl -X POST http://localhost:8001/api/claims \
  -H "Authorization: Bearer {token}" \
  -H "X-Tenant-Id: {tenant_id}" \
  -H "Content-Type: application/json" \
  -d '{
    "patient_id": "{patient_id}",
    "insurance_provider": "Blue Cross",
    "amount": 3500.00,
    "procedure_code": "99214",
    "diagnosis_code": "E11.9",
    "service_date": "2024-11-09",
    "description": "Diabetes consultation with A1C test"
  }'
