import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsDate, IsEmail, IsInt, IsMobilePhone, Max, Min } from 'class-validator';

export class CreateOrder {
  @ApiProperty({ example: 'ada@example.org' })
  @IsEmail()
  @Transform(({ value }) => String(value).trim().toLowerCase())
  customer: string;

  @ApiProperty()
  @IsInt()
  @Min(1)
  @Max(10)
  @Type(() => Number)
  amount: number;

  @ApiProperty()
  @IsDate()
  @Type(() => Date)
  due: Date;

  @ApiProperty()
  @IsMobilePhone('de-DE')
  phone: string;
}
