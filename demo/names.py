"""Common names, to be combined at random: nobody in the synthetic district is a person."""

GIVEN_NAMES = (
    *("Aaliyah", "Aiden", "Amara", "Amir", "Ana", "Andre", "Anh", "Ari", "Ava", "Benjamin", "Bianca", "Caleb"),
    *("Camila", "Carlos", "Chloe", "Dakota", "Daniel", "Destiny", "Diego", "Elena", "Eli", "Emma", "Ethan", "Fatima"),
    *("Gabriel", "Grace", "Hana", "Hassan", "Imani", "Isaac", "Isabella", "Jada", "Jamal", "Jasmine", "Jayden", "José"),
    *("Kai", "Kayla", "Keanu", "Layla", "Leilani", "Liam", "Logan", "Lucía", "Malik", "Maria", "Mateo", "Maya"),
    *("Mei", "Mia", "Miguel", "Minh", "Nia", "Noah", "Nora", "Olivia", "Omar", "Priya", "Quinn", "Ravi"),
    *("River", "Rosa", "Ruby", "Samuel", "Sana", "Santiago", "Sofía", "Tariq", "Thomas", "Tyler", "Valentina", "Wyatt"),
    *("Xavier", "Yara", "Yusuf", "Zara", "Zion", "Zoë"),
)
FAMILY_NAMES = (
    *("Adams", "Ahmed", "Ali", "Allen", "Alvarez", "Anderson", "Baker", "Begay", "Brooks", "Brown", "Bui", "Campbell"),
    *(
        "Carter",
        "Castillo",
        "Chavez",
        "Chen",
        "Clark",
        "Coleman",
        "Cruz",
        "Davis",
        "Diaz",
        "Edwards",
        "Evans",
        "Flores",
    ),
    *("Garcia", "Gomez", "Gonzalez", "Green", "Gutierrez", "Hall", "Harris", "Hernandez", "Hill", "Hoang", "Jackson"),
    *("James", "Johnson", "Jones", "Kahale", "Kaur", "Kelly", "Khan", "Kim", "King", "Lee", "Lewis", "Lopez", "Martin"),
    *("Martinez", "Mitchell", "Moore", "Morales", "Morgan", "Murphy", "Nelson", "Nguyen", "O'Brien", "Ortiz", "Park"),
    *("Parker", "Patel", "Perez", "Peterson", "Phillips", "Ramirez", "Reed", "Reyes", "Rivera", "Roberts", "Robinson"),
    *("Rodriguez", "Rogers", "Ruiz", "Sanchez", "Scott", "Shah", "Singh", "Smith", "Taylor", "Thomas", "Thompson"),
    *("Torres", "Tran", "Tsosie", "Turner", "Walker", "Washington", "White", "Williams", "Wilson", "Wong", "Young"),
)
PLACES = (
    *("Cedar", "Maple", "Harbor", "Lincoln Heights", "Riverside", "Prairie", "Summit", "Oak Grove", "Lakeview"),
    *("Mill Creek", "Sunrise", "Fairview", "Meadow", "Stone Bridge", "Willow", "North Hill", "Canyon", "Bayside"),
)
