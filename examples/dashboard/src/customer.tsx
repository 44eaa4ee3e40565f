import type { Gateway } from './gateway'
export const CustomerPage = ({ customerNo }: { customerNo: string; gateway: Gateway }) => <h1>{customerNo}</h1>
