export const LicensesPage = () => <h1>Licenses</h1>
