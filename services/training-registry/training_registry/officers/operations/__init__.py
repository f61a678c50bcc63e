"""What can be done to officers: written down, assigned to schools, evaluated."""
