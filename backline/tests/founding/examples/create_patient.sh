curl -X POST http://localhost:8001/api/patients \
  -H "Authorization: Bearer {token}" \
  -H "X-Tenant-Id: {tenant_id}" \
  -H "Content-Type: application/json" \
  -d '{
    "first_name": "John",
    "last_name": "Doe",
    "dob": "1980-01-15",
    "gender": "Male",
    "email": "john.doe@email.com",
    "phone": "+1-555-1234",
    "preconditions": ["Hypertension"]
  }'
