curl -X POST http://localhost:8001/api/auth/register \
  -H "Content-Type: application/json" \
  -d '{
    "email": "doctor@clinic.com",
    "password": "secure123",
    "name": "Dr. Smith",
    "tenant_name": "My Clinic"
  }'
